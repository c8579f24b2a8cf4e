"""Following a search by e-mail. Every link of a message opens a page; a button on it acts."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from directory.alert_forms import AlertForm, FrequencyForm
from directory.models import SearchAlert
from directory.services import alerts as services
from directory.wording import canonical, search_in_words
from emn.lib.access import open_form, public, token
from emn.lib.errors import DomainError


@open_form
@require_http_methods(["GET", "HEAD", "POST"])
def alert_new(request: HttpRequest) -> HttpResponse:
    """Ask for an alert on the search that the address holds."""
    parameters = canonical(request.GET)
    form = AlertForm(request.POST if request.method == "POST" else None, request=request)
    if form.is_valid():
        try:
            services.request_alert(
                email=form.cleaned_data["email"],
                parameters=parameters,
                frequency=form.cleaned_data["frequency"],
                language=get_language() or "fr",
                now=timezone.now(),
            )
        except DomainError as refusal:
            form.add_error(None, refusal.message)
        else:
            return redirect("directory:alert_asked")
    context = {
        "form": form,
        "search": search_in_words(parameters),
        "parameters": parameters,
        "consent": services.CONSENT,
    }
    return render(request, "directory/alert_new.html", context)


@public
@require_safe
def alert_asked(request: HttpRequest) -> HttpResponse:
    """Say what comes next, the same for every address."""
    return render(request, "directory/alert_asked.html")


@token
@require_http_methods(["GET", "HEAD", "POST"])
def alert_confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Show what is about to start, and start it by a button."""
    alert = _opened_by(token, services.CONFIRM)
    if alert.stopped_at is not None:
        raise Http404
    if request.method == "POST":
        alert = services.confirm_alert(alert_id=alert.pk, now=timezone.now())
    return render(request, "directory/alert_confirm.html", _shown(alert))


@token
@require_http_methods(["GET", "HEAD", "POST"])
def alert_manage(request: HttpRequest, token: str) -> HttpResponse:
    """Show an active alert, its frequency, when it ends, and its owner's other alerts."""
    alert = _opened_by(token, services.MANAGE)
    if not alert.is_active:
        return render(request, "directory/alert_stop.html", _shown(alert))
    form = FrequencyForm(
        request.POST if request.method == "POST" else None, initial={"frequency": alert.frequency}
    )
    saved = False
    if form.is_valid():
        frequency = form.cleaned_data["frequency"]
        alert = services.renew_alert(alert_id=alert.pk, frequency=frequency, now=timezone.now())
        saved = True
    others = SearchAlert.objects.active().filter(email=alert.email).exclude(pk=alert.pk)
    context = {
        "form": form,
        "saved": saved,
        "others": [_shown(other) for other in others.order_by("pk")],
    }
    return render(request, "directory/alert_manage.html", _shown(alert) | context)


@csrf_exempt  # the mailbox's own button posts from elsewhere (RFC 8058); the secret is the proof
@token
@require_http_methods(["GET", "HEAD", "POST"])
def alert_stop(request: HttpRequest, token: str) -> HttpResponse:
    """Show the alert, and stop it by a button: ours, or the mailbox's own."""
    alert = _opened_by(token, services.STOP)
    if request.method == "POST":
        services.stop_alert(alert_id=alert.pk, now=timezone.now())
        alert.refresh_from_db()
    return render(request, "directory/alert_stop.html", _shown(alert))


def _opened_by(token: str, purpose: str) -> SearchAlert:
    alert = services.alert_of(token, purpose)
    if alert is None:
        raise Http404(_("Ce lien ne mène plus nulle part."))
    return alert


def _shown(alert: SearchAlert) -> dict[str, object]:
    """Return what every page of an alert says; no link to manage what is stopped."""
    return {
        "alert": alert,
        "search": search_in_words(alert.parameters),
        "manage_url": services.path(alert, services.MANAGE),
        "stop_url": services.path(alert, services.STOP),
    }
