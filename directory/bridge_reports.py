"""What the solidarity bridge has come to: only what both sides say."""

from dataclasses import dataclass

from django.db.models import Min, Sum
from django.utils import timezone

from directory.enums import AdKind
from directory.models import AdReply


@dataclass(frozen=True, slots=True)
class Given:
    """What was given of one kind: machines, rooms or hours, since the year of the first."""

    kind: str
    total: int
    since: int


def given_so_far() -> list[Given]:
    """Return one row per kind of which something was given, the kinds in their order."""
    rows = (
        AdReply.objects.counted()
        .with_agreed()
        .values("ad__kind")
        .annotate(total=Sum("agreed_count"), first=Min("counted_at"))
        .order_by("ad__kind")
    )
    found = {row["ad__kind"]: row for row in rows}
    return [
        Given(kind, found[kind]["total"], timezone.localdate(found[kind]["first"]).year)
        for kind in AdKind.values
        if kind in found
    ]
