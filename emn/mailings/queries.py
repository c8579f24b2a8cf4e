"""How far an envoi has gone, from its counters: as fast for a million readers as for ten."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q, Sum
from django.db.models.functions import Coalesce
from django.utils.functional import Promise

from emn.mailings.enums import OUTCOMES, CampaignStatus, DeliveryState, Skip
from emn.mailings.models import AudienceCount, Campaign
from emn.mailings.segments import Audience

WINDOW = timedelta(minutes=5)  # over which the rate is measured
_GIVEN = (DeliveryState.SENT, DeliveryState.REFUSED, DeliveryState.UNKNOWN)


@dataclass(frozen=True)
class Line:
    """How far one language has gone, in people."""

    language: str | Promise
    audience: int
    sent: int
    refused: int
    unknown: int
    skipped: int

    @property
    def left(self) -> int:
        """How many have no outcome yet."""
        return max(0, self.audience - self.sent - self.refused - self.unknown - self.skipped)


@dataclass(frozen=True)
class CampaignProgress:
    """`skips`: reason → people; `per_minute`: messages given to the relay; `ends_at`: at that pace.

    Both are None unless the envoi is on its way and has begun to move.
    """

    lines: Sequence[Line]
    skips: Sequence[tuple[str | Promise, int]]
    per_minute: float | None
    ends_at: datetime | None


def progress_of(campaign: Campaign, *, now: datetime) -> CampaignProgress:
    """Add up the counters of an envoi: two queries."""
    since = max(now - WINDOW, campaign.started_at or now).replace(second=0, microsecond=0)
    rows = (
        campaign.progress.values("language", "outcome")
        .annotate(total=Sum("count"), lately=Coalesce(Sum("count", filter=Q(minute__gte=since)), 0))
        .order_by("language", "outcome")
    )
    by_language: dict[str, Counter[str]] = defaultdict(Counter)
    skips: Counter[str] = Counter()
    given = moved = 0
    for row in rows:
        outcome, people = row["outcome"], row["total"]
        name = outcome if outcome in _GIVEN else "skipped"
        by_language[row["language"]][name] += people
        moved += row["lately"]
        if name == "skipped":
            skips[outcome] += people
        else:
            given += row["lately"]
    frozen = dict(campaign.editions.order_by("pk").values_list("language", "audience"))
    lines = [
        Line(
            name,
            audience,
            *(by_language[code][each] for each in (*map(str, _GIVEN), "skipped")),
        )
        for code, name in settings.LANGUAGES
        if (audience := frozen.get(code))
    ]
    per_minute = ends_at = None
    minutes = max(1.0, (now - since).total_seconds() / 60)
    if campaign.status == CampaignStatus.SENDING and moved > 0:
        per_minute = max(0, given) / minutes
        ends_at = now + timedelta(minutes=campaign.left * minutes / moved)
    reasons = [(label, skips[key]) for key, label in OUTCOMES if key in Skip and skips[key]]
    return CampaignProgress(lines, reasons, per_minute, ends_at)


@dataclass(frozen=True)
class Count:
    """The readers as last counted; `audience` is None before, or when nobody can be counted."""

    audience: Audience | None
    counted_at: datetime | None
    is_running: bool


def count_of(campaign: Campaign) -> Count:
    """Return the readers of a draft as the worker last counted them."""
    row = AudienceCount.objects.filter(campaign=campaign).first()
    if row is None:
        return Count(None, None, is_running=False)
    audience = Audience(**row.figures) if row.figures else None
    return Count(audience, row.counted_at, is_running=row.is_running)
