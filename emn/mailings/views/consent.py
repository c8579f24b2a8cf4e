"""Subscribing without an account. Every link of a message opens a page; a button on it acts.

These pages need no cookie: whoever asks for a subscription acts in nobody's name, and on the others
the secret of the address is the proof, which another site cannot know.
"""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from emn.lib.access import open_form, public, token
from emn.mailings import links, tokens
from emn.mailings.consent_forms import PreferencesForm, SubscribeForm
from emn.mailings.enums import ActMethod
from emn.mailings.models import MailingList, Subscriber, Subscription, Suppression
from emn.mailings.services import consent as services

_METHODS = ["GET", "HEAD", "POST"]
MOST_TOPICS = 20


@csrf_exempt
@open_form
@require_http_methods(_METHODS)
def subscribe(request: HttpRequest) -> HttpResponse:
    """Ask for lists; the field at the foot of other pages only brings the address here.

    `sujet`: a topic that the page the visitor comes from is about, ticked beforehand; no list is.
    """
    about = request.GET.getlist("sujet")[:MOST_TOPICS]
    is_sent = "challenge" in request.POST
    form = SubscribeForm(
        request.POST if is_sent else None,
        request=request,
        initial={"email": request.POST.get("email", ""), "topics": about},
    )
    if form.is_valid():
        services.request_subscription(
            email=form.cleaned_data["email"],
            list_ids=form.list_ids,
            wishes=form.wishes,
            page=_page(request),
            now=timezone.now(),
        )
        return redirect("mailings:subscribed")
    context = {"form": form, "consent": services.consent_words(), "is_about": bool(about)}
    return render(request, "mailings/subscribe.html", context)


@public
@require_safe
def subscribed(request: HttpRequest) -> HttpResponse:
    """Say what comes next, the same for every address."""
    return render(request, "mailings/subscribed.html")


@csrf_exempt
@token
@require_http_methods(_METHODS)
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Show what is about to start; it starts by a POST, which the page makes by itself."""
    confirmation = services.confirmation_of(token)
    if confirmation is None:
        raise Http404(_("Ce lien ne mène plus nulle part."))
    if request.method == "POST":
        now = timezone.now()
        services.confirm(confirmation=confirmation, page=_page(request, token), now=now)
        confirmation = services.confirmation_of(token)
    context = {
        "confirmation": confirmation,
        "consent": services.consent_words(),
        "preferences_url": links.preferences_url(confirmation.subscriber) if confirmation else "",
    }
    return render(request, "mailings/confirm.html", context)


@csrf_exempt
@token
@require_http_methods(_METHODS)
def preferences(request: HttpRequest, token: str) -> HttpResponse:
    """Choose what to receive, or never to be written to again."""
    subscriber = _subscriber_of(token)
    if "object" in request.POST:
        services.object_to_lists(
            subscriber_id=subscriber.pk, method=ActMethod.FORM, now=timezone.now()
        )
        return render(request, "mailings/forgotten.html")
    is_sent = request.method == "POST"
    form = PreferencesForm(request.POST if is_sent else None, subscriber=subscriber)
    if saved := form.is_valid():
        services.update_preferences(
            subscriber_id=subscriber.pk,
            list_ids=form.list_ids,
            wishes=form.wishes,
            page=_page(request, token),
            now=timezone.now(),
        )
    blocked = Suppression.objects.active().filter(mailbox_hash=subscriber.mailbox_hash)
    context = {
        "form": form,
        "subscriber": subscriber,
        "saved": saved,
        "is_blocked": blocked.exists(),
        "consent": services.consent_words(),
    }
    return render(request, "mailings/preferences.html", context)


@csrf_exempt
@token
@require_http_methods(_METHODS)
def renew(request: HttpRequest, token: str) -> HttpResponse:
    """Stay a subscriber for three more years, by a button."""
    subscriber = _subscriber_of(token)
    if request.method == "POST":
        services.renew(subscriber_id=subscriber.pk, page=_page(request, token), now=timezone.now())
    context = {
        "renewed": request.method == "POST",
        "subscriber": subscriber,
        "lists": MailingList.objects.filter(
            subscriptions__in=subscriber.subscriptions.confirmed()
        ).in_order(),
        "preferences_url": links.preferences_url(subscriber),
    }
    return render(request, "mailings/renew.html", context)


@csrf_exempt
@token
@require_http_methods(_METHODS)
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Leave one list or all of them: by our button, or by the mailbox's own (RFC 8058, R3.03).

    Whoever is known no more is told the same as whoever has just left.
    """
    numbers = tokens.read(tokens.LIST, token)
    if numbers is None:
        raise Http404(_("Ce lien ne mène plus nulle part."))
    subscriber_id, list_id = numbers
    if request.method == "POST":
        by_mailbox = request.POST.get("List-Unsubscribe") == "One-Click"
        services.unsubscribe(
            subscriber_id=subscriber_id,
            list_id=list_id,
            method=ActMethod.ONE_CLICK if by_mailbox else ActMethod.LINK,
            now=timezone.now(),
        )
    received = Subscription.objects.confirmed().filter(subscriber=subscriber_id)
    names = {entry.list_id: entry.list.name for entry in received.select_related("list")}
    subscriber = Subscriber.objects.filter(pk=subscriber_id).first()
    context = {
        "subscriber": subscriber,
        "is_on": bool(names) if list_id == links.EVERY_LIST else list_id in names,
        "list": MailingList.objects.filter(pk=list_id).first(),
        "others": [name for key, name in names.items() if key != list_id],
        "all_url": links.unsubscribe_url(subscriber) if subscriber else "",
        "preferences_url": links.preferences_url(subscriber) if subscriber else "",
    }
    return render(request, "mailings/unsubscribe.html", context)


@token
@csrf_exempt
def one_click(request: HttpRequest, token: str) -> HttpResponseBase:
    """Leave as above, at the short address of a message's headers, in the person's language."""
    numbers = tokens.read(tokens.LIST, token) or [0]
    subscriber = Subscriber.objects.filter(pk=numbers[0]).first()
    language = subscriber.language if subscriber else settings.LANGUAGE_CODE
    with override(language):
        page = unsubscribe(request, token)
    page.headers["Content-Language"] = language
    return page


def _subscriber_of(token: str) -> Subscriber:
    numbers = tokens.read(tokens.PREFERENCES, token)
    subscriber = Subscriber.objects.filter(pk=numbers[0]).first() if numbers else None
    if subscriber is None:
        raise Http404(_("Ce lien ne mène plus nulle part."))
    return subscriber


def _page(request: HttpRequest, token: str = "") -> services.Page:
    """Return where the person acts, without the secret of the address."""
    path = request.path.removesuffix(f"{token}/") if token else request.path
    return services.Page(url=f"{settings.PUBLIC_URL}{path}", language=get_language() or "fr")
