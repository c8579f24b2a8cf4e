"""What needs teach: those that nobody took, and how much the recommendations concentrate."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Q

from directory.models import Need, Proposal

TOP = 3
CONCENTRATION_OVER = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Unanswered:
    """One row per EPCI and service: how many needs, how many of them had no candidate at all."""

    epci: str
    service: str
    needs: int
    without_candidate: int


def unanswered(*, since: date) -> list[Unanswered]:
    """Return the needs confirmed since that day that nobody took, the most frequent first."""
    rows = (
        Need.objects.unanswered()
        .filter(confirmed_at__date__gte=since)
        .values("commune__epci__name", "commune__epci__usual_name", "service__name")
        .annotate(
            needs=Count("pk", distinct=True),
            asked=Count("pk", distinct=True, filter=Q(proposals__isnull=False)),
        )
        .order_by("-needs", "commune__epci__name", "service__name")
    )
    return [
        Unanswered(
            epci=row["commune__epci__usual_name"] or row["commune__epci__name"] or "",
            service=row["service__name"],
            needs=row["needs"],
            without_candidate=row["needs"] - row["asked"],
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class Concentration:
    """How much of the proposals the most asked providers get. `share`: 0 to 1; None of nothing."""

    top: list[tuple[str, int]]
    total: int
    share: float | None

    @property
    def percent(self) -> int | None:
        """The share, out of 100."""
        return None if self.share is None else round(self.share * 100)


def concentration(*, now: datetime, recommended_only: bool = False) -> Concentration:
    """Return the three providers that got most proposals in a year, and their share of all."""
    rows = Proposal.objects.filter(sent_at__gte=now - CONCENTRATION_OVER)
    if recommended_only:
        rows = rows.exclude(recommendation=None)
    total = rows.count()
    counted = rows.values("provider__name").annotate(count=Count("pk"))
    top = [
        (row["provider__name"], row["count"])
        for row in counted.order_by("-count", "provider__name", "provider")[:TOP]
    ]
    share = sum(count for _name, count in top) / total if total else None
    return Concentration(top=top, total=total, share=share)
