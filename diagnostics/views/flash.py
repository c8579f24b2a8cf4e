"""The flash diagnostic, from « Commencer » to the result. No account, no cookie.

The secret of the address is the whole proof: whoever holds it answers, reads and sends. Links open
pages; buttons act. Every page works without JavaScript.
"""

from typing import Any
from uuid import UUID

import segno
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from diagnostics.benchmark_words import beside
from diagnostics.drawing import radar
from diagnostics.enums import Depth
from diagnostics.forms import ClaimForm, LinkForm
from diagnostics.models import Diagnostic
from diagnostics.progress_words import progress_of
from diagnostics.reports import report_of
from diagnostics.services import diagnostics as services
from diagnostics.services.reference import is_flash
from diagnostics.voice_words import voices_of
from emn.accounts.requests import MemberRequest
from emn.accounts.retention import periods
from emn.lib.access import member, open_form, public, token
from emn.lib.errors import DomainError
from emn.lib.rate_limit import limited
from emn.mailings.models import MailingList
from emn.mailings.services import consent
from emn.questionnaires import services as questionnaires
from emn.questionnaires.forms import PageForm, mirrored
from emn.questionnaires.models import AnswerFile, Run
from emn.questionnaires.paths import Page, Way
from emn.questionnaires.responses import file_response
from emn.questionnaires.services import Kept, RunClosed, RunIncomplete, StaleAnswer
from emn.questionnaires.wording import read_back

_METHODS = ["GET", "HEAD", "POST"]
STARTS_PER_HOUR = 60  # of one address: a whole room may share one
BACK, REVIEW = "avant", "verifier"


@public
@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """Say what is asked, how long it takes and what one gets."""
    return render(request, "diagnostics/start.html", {"days": _days()})


@csrf_exempt
@open_form
@require_POST
@limited(scope="diagnostics.start", limit=STARTS_PER_HOUR, period_s=3600)
def begin(request: HttpRequest) -> HttpResponse:
    """Begin, and show the first page."""
    try:
        diagnostic = services.start_flash(language=get_language() or "fr", now=timezone.now())
    except DomainError as refusal:
        context = {"days": _days(), "refusal": refusal.message}
        return render(request, "diagnostics/start.html", context, status=503)
    return redirect("diagnostics:resume", diagnostic.run.key)


@token
@require_safe
def resume(request: HttpRequest, key: str) -> HttpResponse:
    """Go where the person was: the first page without an answer, or the result."""
    diagnostic = diagnostic_of(key)
    if diagnostic.result is not None:
        return redirect("diagnostics:result", key)
    return _onward(key, questionnaires.kept(diagnostic.run).way)


@csrf_exempt
@token
@require_http_methods(_METHODS)
def page(request: HttpRequest, key: str, code: str) -> HttpResponse:
    """Ask what one page asks, and keep the answers (two queries)."""
    run, kept = _opened(key)
    if run.finished_at is not None:
        return redirect("diagnostics:result", key)
    shown = kept.way.page(code)
    if shown is None:
        return _onward(key, kept.way)
    if request.method != "POST":
        return _page(request, key, kept, shown)
    form = PageForm(
        request.POST, request.FILES, page=shown, answers=kept.answers, revisions=kept.revisions
    )
    if form.is_valid():
        return _keep(request, run, kept, form)
    if request.POST.get("vers") == BACK:
        return _beside(request, key, kept.way, shown)
    return _page(request, key, kept, shown, form=form, status=422)


def _keep(request: HttpRequest, run: Run, kept: Kept, form: PageForm) -> HttpResponse:
    """Save what changed, and go on."""
    key, values = run.key, form.values
    changed = {
        question: value for question, value in values.items() if kept.answers.get(question) != value
    }
    try:
        if changed:
            values |= questionnaires.save_answers(
                run=run, values=changed, seen=form.seen, now=timezone.now()
            )
    except RunClosed:
        return redirect("diagnostics:resume", key)
    except StaleAnswer as stale:
        now_kept = questionnaires.kept(run)
        return _page(request, key, now_kept, form.page, refusal=stale.message, status=409)
    return _beside(request, key, kept.with_answers(values).way, form.page)


def _beside(request: HttpRequest, key: str, followed: Way, shown: Page) -> HttpResponse:
    """Go to the page before or after, or back to the summary that one came from."""
    if request.POST.get("vers") == BACK:
        before = followed.before(shown)
        return _to(key, before) if before else redirect("diagnostics:start")
    if REVIEW in request.GET:
        return _onward(key, followed)
    after = followed.after(shown)
    return _to(key, after) if after else _onward(key, followed)


def _onward(key: str, followed: Way) -> HttpResponse:
    lacking = followed.next_page
    return _to(key, lacking) if lacking else redirect("diagnostics:review", key)


def _to(key: str, shown: Page) -> HttpResponse:
    return redirect("diagnostics:page", key, shown.code)


def _page(
    request: HttpRequest,
    key: str,
    kept: Kept,
    shown: Page,
    *,
    form: PageForm | None = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    language = get_language() or "fr"
    followed = kept.way
    pages = [entry.code for entry in followed.pages]
    context: dict[str, Any] = {
        "key": key,
        "form": form or PageForm(page=shown, answers=kept.answers, revisions=kept.revisions),
        "is_alone": len(shown.questions) == 1,
        "title": shown.questions[0].text.say(language)
        if len(shown.questions) == 1
        else shown.section.title.say(language),
        "section": shown.section.title.say(language),
        "intro": shown.section.intro.say(language),
        "mirrored": mirrored(shown),
        "refusal": refusal,
        "number": pages.index(shown.code) + 1 if shown.code in pages else 1,
        "count": len(pages),
        "minutes": followed.minutes_left,
    }
    return render(request, "diagnostics/question.html", context, status=status)


@csrf_exempt
@token
@require_http_methods(_METHODS)
def review(request: HttpRequest, key: str) -> HttpResponse:
    """Show every answer, each with a way to change it; the button makes the result."""
    diagnostic = diagnostic_of(key)
    if diagnostic.result is not None:
        return redirect("diagnostics:result", key)
    if request.method == "POST":
        try:
            services.finish(diagnostic_id=diagnostic.pk, now=timezone.now())
        except RunIncomplete as missing:
            return _to(key, missing.page)
        return redirect("diagnostics:result", key)
    kept = questionnaires.kept(diagnostic.run)
    followed = kept.way
    if followed.next_page is not None:
        return _to(key, followed.next_page)
    lines = read_back(followed, kept.answers, get_language() or "fr")
    context = {
        "key": key,
        "lines": lines,
        "last": followed.pages[-1].code,
        "follows": diagnostic.follows_id is not None,
    }
    return render(request, "diagnostics/review.html", context)


@token
@require_safe
def answer_file(_request: HttpRequest, key: str, file_id: UUID) -> HttpResponse:
    """Give back a file that was joined to an answer, to keep: never shown inside a page."""
    try:
        return file_response(questionnaires.file_of(diagnostic_of(key).run, file_id))
    except AnswerFile.DoesNotExist:
        raise Http404 from None


@csrf_exempt
@token
@require_http_methods(_METHODS)
def result(request: HttpRequest, key: str) -> HttpResponse:
    """Show the result; its one button goes back to the answers."""
    diagnostic = diagnostic_of(key, *RESULT_WITH)
    if diagnostic.result is None:
        return redirect("diagnostics:resume", key)
    refusal = ""
    if request.method == "POST" and request.POST.get("do") == "reopen":
        try:
            services.reopen(diagnostic_id=diagnostic.pk, now=timezone.now())
        except DomainError as refused:
            refusal = refused.message
        else:
            return redirect("diagnostics:review", key)
    now = timezone.now()
    report = report_of(diagnostic, now=now)
    plan = report.plan(request.GET.get("budget", ""), request.GET.get("heures", ""))
    context = {
        "key": key,
        "diagnostic": diagnostic,
        "report": report,
        "plan": plan,
        "radar": radar([axis.score for axis in report.axes]),
        "progress": progress_of(diagnostic),
        "beside": beside(diagnostic),
        "voices": voices_of(diagnostic),
        "refusal": refusal,
        "said": request.GET.get("dit", ""),
        "days": _days(),
        "erased_on": timezone.localdate(
            diagnostic.run.touched_at + periods()["unclaimed_diagnostic"].length
        ),
    }
    return render(request, "diagnostics/result.html", context, status=409 if refusal else 200)


@csrf_exempt
@token
@require_http_methods(_METHODS)
def elsewhere(request: HttpRequest, key: str) -> HttpResponse:
    """Give the link of the diagnostic: to copy, as a QR code, or by e-mail."""
    diagnostic = diagnostic_of(key, *RESULT_WITH)
    form = LinkForm(request.POST if request.method == "POST" else None, request=request)
    language = get_language() or "fr"
    if form.is_valid():
        now, email = timezone.now(), form.cleaned_data["email"]
        services.send_link(diagnostic_id=diagnostic.pk, email=email, language=language, now=now)
        if form.cleaned_data["letter"]:
            _ask_for_letter(request, email, language)
        return redirect("diagnostics:sent", key)
    link = settings.PUBLIC_URL + reverse("diagnostics:resume", args=[key])
    drawn = segno.make(link, error="m").svg_inline(
        svgclass="qr", lineclass=None, omitsize=True, border=2
    )
    context = {
        "key": key,
        "form": form,
        "link": link,
        "consent": consent.consent_words(),
        "qr": mark_safe(drawn),  # noqa: S308 -- drawn by us
        "is_finished": diagnostic.result is not None,
        "days": _days(),
    }
    return render(request, "diagnostics/elsewhere.html", context)


def _ask_for_letter(request: HttpRequest, email: str, language: str) -> None:
    """Ask for the letter: that its mailbox must confirm, like any subscription."""
    first = MailingList.objects.public().in_order().first()
    if first is not None:
        consent.request_subscription(
            email=email,
            list_ids=[first.pk],
            wishes=consent.Wishes(language=language),
            page=consent.Page(url=reverse("diagnostics:start"), language=language),
            now=timezone.now(),
        )


@token
@require_safe
def sent(request: HttpRequest, key: str) -> HttpResponse:
    """Say what comes next, the same for every address."""
    return render(
        request,
        "diagnostics/sent.html",
        {"diagnostic": diagnostic_of(key, *RESULT_WITH), "key": key},
    )


# --- In the company's file ---


@member
@require_http_methods(_METHODS)
def claim(request: MemberRequest, key: str) -> HttpResponseBase:
    """Put the diagnostic in the file of one of the person's companies."""
    diagnostic = diagnostic_of(key, *RESULT_WITH)
    form = ClaimForm(request.POST if request.method == "POST" else None, user=request.user)
    if form.is_valid():
        try:
            services.claim(
                diagnostic_id=diagnostic.pk,
                company_id=form.cleaned_data["company"],
                user_id=request.user.pk,
                now=timezone.now(),
            )
        except DomainError as refusal:
            form.add_error(None, refusal.message)
        else:
            response = redirect("diagnostics:result", key)
            response["Location"] += "?dit=rattache"
            return response
    context = {"key": key, "form": form}
    return render(request, "diagnostics/claim.html", context)


RESULT_WITH = ("company", "follows__run")


def _opened(key: str) -> tuple[Run, Kept]:
    """Return the run of a flash link and its answers (one query), for a page that asks."""
    try:
        run, kept = questionnaires.opened(key)
    except Run.DoesNotExist as error:
        raise Http404(_("Ce lien ne mène plus nulle part.")) from error
    if not is_flash(run.version_id):
        raise Http404(_("Ce lien ne mène plus nulle part."))
    return run, kept


def diagnostic_of(key: str, *related: str) -> Diagnostic:
    """Return the flash diagnostic of a link (one query); 404 when it leads nowhere, or no more."""
    rows = Diagnostic.objects.select_related("run", *related)
    try:
        return rows.get(run__key=key if key.isascii() else "", depth=Depth.FLASH)
    except Diagnostic.DoesNotExist as error:
        raise Http404(_("Ce lien ne mène plus nulle part.")) from error


def _days() -> int:
    return periods()["unclaimed_diagnostic"].days
