"""The diagnostics of a company over the years: its list, the next one, what has changed."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from diagnostics.enums import Depth, Stage
from diagnostics.models import Appointment, Diagnostic, DiagnosticDocument, ReferentialVersion
from diagnostics.progress import MONTHS
from diagnostics.progress_words import progress_of
from diagnostics.services import progress as services
from diagnostics.services.reference import referential_of
from directory.models import Company
from emn.accounts.requests import MemberRequest
from emn.lib.access import member, staff
from emn.lib.calendar import add_months
from emn.lib.errors import DomainError

LISTED = 100
FEW = 30  # companies: fewer are not published (R6.16)


@dataclass(frozen=True, slots=True)
class Line:
    """A diagnostic of the list; `due`: the stage that may follow it now; `next_on`: else, when."""

    diagnostic: Diagnostic
    due: str
    next_on: date | None
    open_key: str


@member
@require_safe
def mine(request: MemberRequest) -> HttpResponse:
    """List the diagnostics of one's companies, the newest first, and the visits to come."""
    return _mine(request)


def _mine(request: MemberRequest, *, refusal: str = "") -> HttpResponse:
    now = timezone.now()
    rows = Diagnostic.objects.of(request.user).select_related("run", "company")
    visits = Appointment.objects.of(request.user).to_come(now=now)
    papers = Prefetch("documents", DiagnosticDocument.objects.defer("content").order_by("kind"))
    flash = rows.filter(depth=Depth.FLASH).order_by("-run__finished_at", "-pk")[:LISTED]
    signed = rows.exclude(signed_at=None).prefetch_related(papers)
    begun = Diagnostic.objects.filter(
        follows__company__memberships__user=request.user, depth=Depth.FLASH, result=None
    )
    open_keys = dict(begun.values_list("follows_id", "run__key"))
    context = {
        "flash": _lines(list(flash), open_keys, now=now),
        "signed": _lines(list(signed.order_by("-signed_at", "-pk")[:LISTED]), {}, now=now),
        "visits": visits.select_related("company").order_by("starts_at", "pk")[:20],
        "companies": Company.objects.filter(memberships__user=request.user).order_by("name", "pk")[
            :LISTED
        ],
        "refusal": refusal,
    }
    return render(request, "diagnostics/mine.html", context, status=409 if refusal else 200)


def _lines(rows: list[Diagnostic], open_keys: dict[int, str], *, now: datetime) -> list[Line]:
    """Tell of each, the newest first, what may follow it: only the newest start is followed."""
    made: dict[int, set[str]] = defaultdict(set)
    for row in rows:
        if row.follows_id is not None:
            made[row.follows_id].add(row.stage)
    lines, started = [], set()
    for row in rows:
        is_newest = row.stage == Stage.T0 and row.company_id not in started
        if is_newest:
            started.add(row.company_id)
        due = services.due(row, made=made[row.pk], now=now) if is_newest else None
        left = [stage for stage in MONTHS if stage not in made[row.pk]] if is_newest else []
        days = [add_months(services.made_on(row), MONTHS[stage]) for stage in left]
        next_on = next((day for day in days if day > timezone.localdate(now)), None)
        lines.append(Line(row, due or "", None if due else next_on, open_keys.get(row.pk, "")))
    return lines


@member
@require_POST
def begin_next(request: MemberRequest, diagnostic_id: int) -> HttpResponse:
    """Begin the flash diagnostic that follows one of the company’s, or take it up again."""
    try:
        made = services.begin_flash(
            diagnostic_id=diagnostic_id,
            user_id=request.user.pk,
            language=get_language() or "fr",
            now=timezone.now(),
        )
    except Diagnostic.DoesNotExist:
        raise Http404 from None
    except DomainError as refusal:
        return _mine(request, refusal=refusal.message)
    return redirect("diagnostics:resume", made.run.key)


@member
@require_safe
def progress(request: MemberRequest, diagnostic_id: int) -> HttpResponse:
    """Show what changed since the start; of a visit, once it is signed."""
    rows = Diagnostic.objects.of(request.user).finished().exclude(follows=None)
    rows = rows.exclude(depth=Depth.ON_SITE, signed_at=None)
    found = rows.select_related("company", "follows__run").filter(pk=diagnostic_id).first()
    if found is None:
        raise Http404
    context = {"diagnostic": found, "progress": progress_of(found)}
    return render(request, "diagnostics/progress.html", context)


@staff("diagnostics.view_diagnostic")
@require_safe
def progress_all(request: HttpRequest) -> HttpResponse:
    """Show the mean change of the companies, its interval, and how many improved."""
    version = ReferentialVersion.objects.published().defer("content").first()
    language = get_language() or "fr"
    names = {}
    if version is not None:
        axes = referential_of(version.pk).axes
        names = {code: axis.title.say(language) for code, axis in axes.items()}
    groups = [
        {
            "title": f"{Depth(group.depth).label} · {Stage(group.stage).label}",
            "count": group.count,
            "is_thin": group.count < FEW,
            "lines": [
                *((names.get(axis, axis), line) for axis, line in group.axes.items()),
                (_("Ensemble"), group.whole),
            ],
        }
        for group in services.figures()
    ]
    return render(request, "diagnostics/progress_all.html", {"groups": groups})
