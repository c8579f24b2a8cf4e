"""Stop one-shot: nine questions, an answer at once, and a call to ask for. No account, no cookie.

The answers live in the page: they are counted, and kept nowhere.
"""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from directory.enums import OneShotColour
from directory.oneshot.questions import Question, rules
from directory.oneshot.verdict import Verdict
from directory.oneshot_forms import CallForm, CheckForm
from directory.services import oneshot as services
from emn.lib.access import open_form, public
from emn.lib.pdf import render_pdf
from emn.lib.rate_limit import allow, client_ip, limited

CHECKS_PER_HOUR = 60  # of one address: a whole room may share one
COUNTED_PER_DAY = 10  # of one address: nobody writes the figures alone
_DAY_S = 24 * 3600


@csrf_exempt
@public
@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest) -> HttpResponseBase:
    """Ask the nine questions; sent, say what they come to."""
    if request.method == "POST":
        return _judge(request)
    return render(request, "directory/oneshot/check.html", {"form": CheckForm()})


@cache_control(private=True, no_store=True)
@limited(scope="directory.oneshot.check", limit=CHECKS_PER_HOUR, period_s=3600)
def _judge(request: HttpRequest) -> HttpResponse:
    form = CheckForm(request.POST)
    if not form.is_valid():
        return render(request, "directory/oneshot/check.html", {"form": form})
    now = timezone.now()
    verdict = rules().judge(form.cleaned_data)
    if allow(
        scope="directory.oneshot.counted",
        key=client_ip(request),
        limit=COUNTED_PER_DAY,
        period_s=_DAY_S,
        now=now,
    ):
        services.count_check(verdict=verdict, now=now)
    found = {"colour": str(verdict.colour), "alarms": ",".join(verdict.alarms)}
    context = _said(verdict) | {
        "answers": form.cleaned_data,
        "call_form": CallForm(request=request, initial=found),
        "days": rules().call_working_days,
    }
    return render(request, "directory/oneshot/verdict.html", context)


def _said(verdict: Verdict) -> dict[str, Any]:
    """Return the verdict with the words of its questions."""
    return {
        "verdict": verdict,
        "colour": OneShotColour(verdict.colour),
        "alarms": _questions(verdict.alarms),
        "stops": _questions(verdict.stops),
        "sound": [
            question
            for key, question in rules().questions.items()
            if key not in set(verdict.alarms)
        ],
        "red_from": rules().red_from,
        "withdrawal": rules().withdrawal[get_language() or "fr"],
        "today": timezone.localdate(),
    }


def _questions(keys: tuple[str, ...]) -> list[Question]:
    return [rules().questions[key] for key in keys]


@csrf_exempt
@open_form
@require_POST
@limited(scope="directory.oneshot.check", limit=CHECKS_PER_HOUR, period_s=3600)
def requests(request: HttpRequest) -> HttpResponse:
    """Give what to ask in writing as a PDF, made of the answers that the page sends again."""
    form = CheckForm(request.POST)
    if not form.is_valid():
        return redirect("oneshot:check")
    content = _requests_pdf(get_language() or "fr", _frozen(form.cleaned_data))
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = 'attachment; filename="a-demander-par-ecrit.pdf"'
    return response


def _frozen(answers: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((key, answers[key]) for key in rules().questions)


def _requests_pdf(language: str, answers: tuple[tuple[str, str], ...]) -> bytes:
    verdict = rules().judge(dict(answers))
    said = _said(verdict)
    now = timezone.now()
    data = {
        "language": language,
        "centre": settings.CENTRE_NAME,
        "title": _("À demander par écrit avant de signer"),
        "intro": _(
            "Envoyez ces demandes au vendeur, et attendez sa réponse écrite avant de signer."
        ),
        "none": _("Aucune alerte : gardez tout de même une copie du contrat complet."),
        "why": _("Pourquoi"),
        "colour": str(said["colour"].label),
        "colour_label": _("Résultat"),
        "made": date_format(timezone.localtime(now), "DATE_FORMAT"),
        "requests": [{"ask": alarm.ask, "why": alarm.why} for alarm in said["alarms"]],
        "withdrawal": said["withdrawal"],
        "contact": _("Un doute ? Un conseiller vous rappelle : %(email)s")
        % {"email": settings.CONTACT_EMAIL},
        "page": _("page"),
        "of": _("sur"),
    }
    return render_pdf("directory/oneshot/requests.typ", data, at=now)


@csrf_exempt
@open_form
@require_http_methods(["GET", "HEAD", "POST"])
def call(request: HttpRequest) -> HttpResponse:
    """Ask for a call; the answer is the same for everybody."""
    form = CallForm(request.POST if request.method == "POST" else None, request=request)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        services.ask_call(
            name=given["name"],
            phone=given["phone"],
            email=given["email"],
            best_time=given["best_time"],
            language=get_language() or "fr",
            colour=given["colour"],
            alarms=given["alarms"],
            now=timezone.now(),
        )
        return redirect("oneshot:called")
    context = {"form": form, "days": rules().call_working_days}
    return render(request, "directory/oneshot/call.html", context)


@public
@require_safe
def called(request: HttpRequest) -> HttpResponse:
    """Say what comes next, the same for everybody."""
    return render(request, "directory/oneshot/called.html", {"days": rules().call_working_days})
