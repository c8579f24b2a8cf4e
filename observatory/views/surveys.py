"""Answering a survey, by the link of an invitation or an open one. No account, no cookie.

Links open pages; buttons act: a scanner that follows a link writes nothing. The address of a page
carries the link and the run; the answers of a confidential survey are found by the link again,
those of an anonymous one only by the page's own address (`services.surveys.collecting`).
"""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from emn.lib.access import public, token
from emn.lib.errors import DomainError
from emn.lib.rate_limit import limited
from emn.mailings import tokens
from emn.mailings.models import Subscriber
from emn.questionnaires import services as questionnaires
from emn.questionnaires.conditions import UNKNOWN
from emn.questionnaires.definition import Kind
from emn.questionnaires.forms import PageForm, mirrored
from emn.questionnaires.models import Run
from emn.questionnaires.paths import Page, Way
from emn.questionnaires.services import Kept, RunClosed, RunIncomplete, StaleAnswer
from emn.questionnaires.wording import read_back
from observatory.models import DrawnUnit, PeerShares, Survey
from observatory.services.surveys import collecting
from observatory.services.surveys.collecting import Door
from observatory.services.surveys.errors import SurveyFull
from observatory.services.surveys.peers import COMPARED
from observatory.survey_enums import Source, SurveyState
from observatory.survey_forms import BeginForm
from observatory.views import survey_open_link as open_link

_METHODS = ["GET", "HEAD", "POST"]
STARTS_PER_HOUR = 60  # of one address: a whole office may share one
BACK, REVIEW = "avant", "verifier"


@public
@require_safe
def surveys(request: HttpRequest) -> HttpResponse:
    """Say which surveys are under way, and what becomes of the answers."""
    rows = Survey.objects.open().order_by("closes_on", "pk")
    context = {"surveys": rows[:50], "open_link": Source.OPEN}
    return render(request, "observatory/surveys/surveys.html", context)


@token
@require_safe
def invitation(request: HttpRequest, code: str, reader: str) -> HttpResponse:
    """Lead the reader of an invitation to the link of its unit."""
    numbers = tokens.read(tokens.READER, reader)
    boxes = Subscriber.objects.filter(pk__in=numbers or ()).values("mailbox_hash")
    units = DrawnUnit.objects.filter(survey__code=code, mailbox_hash__in=boxes)
    unit = units.waiting().order_by("pk").first() or units.order_by("pk").first()
    if unit is None:
        raise Http404
    return redirect("surveys:resume", unit.token)


@token
@require_safe
def resume(request: HttpRequest, link: str) -> HttpResponse:
    """Say what the survey is and what is promised; go on where the link has begun."""
    door = _door(link)
    if closed := _closed(request, door):
        return closed
    run = None
    if door.unit is not None and not door.survey.is_anonymous and not door.has_answered:
        run = Run.objects.filter(sheet__unit=door.unit).first()
    if door.unit is None and collecting.is_full(door.survey):
        return open_link.full(request, door.survey)
    return _start(request, link, door, run)


def _start(
    request: HttpRequest, link: str, door: Door, run: Run | None, *,
    form: BeginForm | None = None, status: int = 200,
) -> HttpResponse:  # fmt: skip
    definition = questionnaires.definition_of(door.survey.version_id)
    if form is None and door.unit is None:
        form = BeginForm(request=request)
    context = {"door": door, "survey": door.survey, "run": run, "link": link, "form": form,
               "minutes": Kept(definition, {}, {}).way.minutes_left}  # fmt: skip
    return render(request, "observatory/surveys/start.html", context, status=status)


@csrf_exempt
@token
@require_http_methods(_METHODS)
@limited(scope="surveys.begin", limit=STARTS_PER_HOUR, period_s=3600)
def begin(request: HttpRequest, link: str) -> HttpResponse:
    """Begin, and show the first page; looked at, it leads back to the button."""
    door = _door(link)
    if request.method != "POST":
        return redirect("surveys:resume", link)
    if door.unit is None:
        form = BeginForm(request.POST, request=request)
        if not form.is_valid():
            return _start(request, link, door, None, form=form, status=422)
    try:
        run = collecting.begin(token=link, language=get_language() or "fr", now=timezone.now())
    except DomainError:
        return _closed(request, door) or redirect("surveys:resume", link)
    return _onward(link, run.key, questionnaires.kept(run).way)


@csrf_exempt
@token
@require_http_methods(_METHODS)
def page(request: HttpRequest, link: str, key: str, code: str) -> HttpResponse:  # noqa: PLR0911 -- one a case
    """Ask what one page asks, and keep the answers."""
    door = _door(link)
    if closed := _closed(request, door):
        return closed
    run = _run(door, key)
    if run is None:
        return redirect("surveys:thanks", link)
    kept = questionnaires.kept(run)
    shown = kept.way.page(code)
    if shown is None:
        return _onward(link, key, kept.way)
    if request.method != "POST":
        return _page(request, link, run, kept, shown)
    form = PageForm(
        request.POST, request.FILES, page=shown, answers=kept.answers, revisions=kept.revisions
    )
    if form.is_valid():
        return _keep(request, link, run, kept, form)
    if request.POST.get("vers") == BACK:
        return _beside(request, link, key, kept.way, shown)
    return _page(request, link, run, kept, shown, form=form, status=422)


def _keep(request: HttpRequest, link: str, run: Run, kept: Kept, form: PageForm) -> HttpResponse:
    """Save what changed, and go on."""
    values = form.values
    changed = {
        question: value for question, value in values.items() if kept.answers.get(question) != value
    }
    try:
        if changed:
            values |= questionnaires.save_answers(
                run=run, values=changed, seen=form.seen, now=timezone.now()
            )
    except RunClosed:
        return redirect("surveys:thanks", link)
    except StaleAnswer as stale:
        now_kept = questionnaires.kept(run)
        return _page(request, link, run, now_kept, form.page, refusal=stale.message, status=409)
    return _beside(request, link, run.key, kept.with_answers(values).way, form.page)


def _beside(request: HttpRequest, link: str, key: str, followed: Way, shown: Page) -> HttpResponse:
    """Go to the page before or after, or back to the summary that one came from."""
    if request.POST.get("vers") == BACK:
        before = followed.before(shown)
        return _to(link, key, before) if before else redirect("surveys:resume", link)
    if REVIEW in request.GET:
        return _onward(link, key, followed)
    after = followed.after(shown)
    return _to(link, key, after) if after else _onward(link, key, followed)


def _onward(link: str, key: str, followed: Way) -> HttpResponse:
    lacking = followed.next_page
    return _to(link, key, lacking) if lacking else redirect("surveys:review", link, key)


def _to(link: str, key: str, shown: Page) -> HttpResponse:
    return redirect("surveys:page", link, key, shown.code)


def _page(
    request: HttpRequest, link: str, run: Run, kept: Kept, shown: Page, *,
    form: PageForm | None = None, refusal: str = "", status: int = 200,
) -> HttpResponse:  # fmt: skip
    language = get_language() or "fr"
    pages = [entry.code for entry in kept.way.pages]
    is_alone = len(shown.questions) == 1
    context: dict[str, Any] = {
        "link": link,
        "form": form or PageForm(page=shown, answers=kept.answers, revisions=kept.revisions),
        "is_alone": is_alone,
        "title": (shown.questions[0].text if is_alone else shown.section.title).say(language),
        "section": shown.section.title.say(language),
        "intro": shown.section.intro.say(language),
        "mirrored": mirrored(shown),
        "refusal": refusal,
        "number": pages.index(shown.code) + 1 if shown.code in pages else 1,
        "count": len(pages),
        "minutes": kept.way.minutes_left,
    }
    return render(request, "observatory/surveys/question.html", context, status=status)


@csrf_exempt
@token
@require_http_methods(_METHODS)
def review(request: HttpRequest, link: str, key: str) -> HttpResponse:  # noqa: PLR0911 -- one a case
    """Show every answer, each with a way to change it; the button hands them in."""
    door = _door(link)
    if closed := _closed(request, door):
        return closed
    if request.method == "POST":
        if refusal := _held_back(request, door, key):
            return refusal
        try:
            collecting.submit(token=link, key=key, now=timezone.now())
        except RunIncomplete as missing:
            return _to(link, key, missing.page)
        except Run.DoesNotExist:
            raise Http404 from None
        except SurveyFull:
            return open_link.full(request, door.survey)
        except DomainError:
            return _closed(request, _door(link)) or redirect("surveys:thanks", link)
        return _thanks(link, key)
    run = _run(door, key)
    if run is None or run.finished_at is not None:
        return _thanks(link, key)
    kept = questionnaires.kept(run)
    followed = kept.way
    if followed.next_page is not None:
        return _to(link, key, followed.next_page)
    lines = read_back(followed, kept.answers, get_language() or "fr")
    context = {"link": link, "key": key, "survey": door.survey, "lines": lines,
               "last": followed.pages[-1].code}  # fmt: skip
    return render(request, "observatory/surveys/review.html", context)


def _held_back(request: HttpRequest, door: Door, key: str) -> HttpResponse | None:
    """Return the page that says to wait, of an open link that too many hand in by."""
    if door.unit is not None:
        return None
    run = collecting.run_of(door, key) if key.isascii() else None
    if run is None or run.finished_at is not None or questionnaires.kept(run).way.next_page:
        return None
    return open_link.held_back(request, door.survey)


@token
@require_safe
def thanks(request: HttpRequest, link: str, key: str = "") -> HttpResponse:
    """Thank, and show at once how one's answers stand among those of one's peers."""
    door = _door(link)
    run = collecting.run_of(door, key) if key and not door.survey.is_anonymous else None
    if door.unit is not None and not door.has_answered:
        return _closed(request, door) or redirect("surveys:resume", link)
    answers = questionnaires.kept(run).answers if run is not None else {}
    peers = _peers(door)
    context = {
        "survey": door.survey,
        "peers": peers,
        "is_own_group": bool(peers and peers.group),
        "lines": [] if peers is None else _compared(door.survey, peers, answers),
    }
    return render(request, "observatory/surveys/thanks.html", context)


def _peers(door: Door) -> PeerShares | None:
    """Return those of the same stratum where there are enough, else everybody's."""
    rows = PeerShares.objects.filter(survey=door.survey, group__in={door.group, ""})
    return rows.order_by("-group", "pk").first()


def _compared(survey: Survey, peers: PeerShares, answers: Any) -> list[dict[str, Any]]:
    """Return each compared question with its options: share of peers, and which is one's own."""
    definition, language = questionnaires.definition_of(survey.version_id), get_language() or "fr"
    lines = []
    for code, shares in peers.shares.items():
        question = definition.questions[code]
        assert question.kind in COMPARED
        labels = {option.code: option.label.say(language) for option in question.options}
        if question.kind == Kind.SCALE:
            steps = range(int(question.least), int(question.most) + 1)
            labels = {str(step): str(step) for step in steps}
        own = str(answers.get(code, ""))
        options = [
            {"label": label, "percent": shares.get(option, 0), "is_own": option == own}
            for option, label in labels.items()
        ]
        if UNKNOWN in shares:
            options.append({"label": "", "percent": shares[UNKNOWN], "is_own": own == UNKNOWN})
        lines.append({"text": question.text.say(language), "options": options})
    return lines


# --- Links ---


def _door(link: str) -> Door:
    found = collecting.door(link) if link.isascii() else None
    if found is None or found.survey.state not in {SurveyState.OPEN, SurveyState.CLOSED,
                                                   SurveyState.DRAWN}:  # fmt: skip
        raise Http404
    return found


def _run(door: Door, key: str) -> Run | None:
    """Return the run of a page; None once an anonymous link has answered. 404 for nobody's."""
    run = collecting.run_of(door, key) if key.isascii() else None
    if run is None and not door.has_answered:
        raise Http404
    return run


def _closed(request: HttpRequest, door: Door) -> HttpResponse | None:
    """Return the page that says that the survey is not, or no longer, open; None when it is."""
    if door.survey.state == SurveyState.OPEN:
        return None
    context = {"survey": door.survey, "is_over": door.survey.state == SurveyState.CLOSED}
    return render(request, "observatory/surveys/closed.html", context, status=410)


def _thanks(link: str, key: str) -> HttpResponse:
    return redirect("surveys:position", link, key)
