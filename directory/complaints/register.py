"""Reading the public register of complaints: its figures and its anonymised decisions."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q
from django.utils import timezone

from directory.complaints import figures
from directory.complaints.rules import rules
from directory.complaints.states import ENDED
from directory.enums import CaseStatus, CharterClause, ComplaintStatus
from directory.models import CommitteeCase, Complaint

MOST_DECISIONS = 1_000
COLUMNS = ("number", "month", "measure", "measure_words", "clauses", "text")


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts since the opening, None for what is too few to be shown; lengths in days."""

    received: int | None
    admissible: int | None
    conciliated: int | None
    judged: int | None
    median_days: int | None
    fewest: int

    @property
    def lines(self) -> list[tuple[str, int | None]]:
        """The counts, by their keys."""
        return [(name, getattr(self, name)) for name in figures.WITHIN]


def public_figures() -> Figures:
    """Return what everyone may know of the complaints."""
    rows = Complaint.objects.confirmed()
    decided = Q(cases__status=CaseStatus.DECIDED)
    admissible = Q(admitted_at__isnull=False) | Q(status=ComplaintStatus.NOTICED)
    counts = {
        figures.RECEIVED: rows.count(),
        figures.ADMISSIBLE: rows.filter(admissible).count(),
        figures.CONCILIATED: rows.filter(status=ComplaintStatus.CONCILIATED).count(),
        figures.JUDGED: rows.filter(decided).distinct().count(),
    }
    lengths = [
        (timezone.localdate(ended) - timezone.localdate(began)).days
        for began, ended in rows.filter(status__in=ENDED).values_list("confirmed_at", "ended_at")
    ]
    fewest = rules().fewest_shown
    return Figures(
        **figures.protected(counts, fewest=fewest),
        median_days=figures.median_days(lengths, fewest=fewest),
        fewest=fewest,
    )


def decisions() -> list[dict[str, Any]]:
    """Return the published decisions, the newest first; the month only, for a day may tell who."""
    rows = CommitteeCase.objects.published().filter(complaint__isnull=False)
    return [
        {
            "number": row.pk,
            "month": _month(row),
            "measure": row.measure,
            "measure_words": row.measure_words(),
            "clauses": [str(CharterClause(code).label) for code in row.clauses],
            "text": row.public_text,
        }
        for row in rows.order_by("-decided_at", "-pk")[:MOST_DECISIONS]
    ]


def _month(row: CommitteeCase) -> date:
    assert row.decided_at is not None
    return timezone.localdate(row.decided_at).replace(day=1)
