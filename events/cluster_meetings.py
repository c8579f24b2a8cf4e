"""What the clubs tell the grappes of the directory: their next meetings, and those held."""

from collections import Counter
from datetime import datetime

from django.utils import timezone

from directory.meetings import ClubSource, Meeting, Meetings
from events import wording
from events.models import Club, Session

_NEXT = 3


def _choices() -> list[tuple[str, str]]:
    rows = Club.objects.filter(is_open=True).order_by("name", "pk")
    return list(rows.values_list("slug", "name"))


def _read(slug: str, now: datetime) -> Meetings | None:
    club = Club.objects.filter(slug=slug, is_open=True).first()
    if club is None:
        return None
    sessions = Session.objects.published().filter(
        is_private=False, series=club.series_id, series__isnull=False
    )
    coming = sessions.upcoming(now=now).select_related("room").order_by("starts_at", "pk")
    held = sessions.filter(ends_at__lte=now).order_by("starts_at", "pk")
    days = held.values_list("starts_at", flat=True)
    return Meetings(
        name=club.name,
        href=club.get_absolute_url(),
        next=[
            Meeting(session.title, session.get_absolute_url(), wording.when(session))
            for session in coming[:_NEXT]
        ],
        held=Counter(timezone.localdate(day).year for day in days),
    )


CLUBS = ClubSource(key="clubs", order=10, choices=_choices, read=_read)
