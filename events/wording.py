"""Dates and places of sessions in words, on the session's own clock."""

from datetime import datetime

from django.conf import settings
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from emn.lib.templatetags.french import clock, day
from events.calendars import place
from events.enums import Availability
from events.models import Registration, Session

__all__ = ["place", "place_for", "when"]

_BEST_FIRST = list(Availability)


def place_for(entry: Registration) -> str:
    """Say where its person follows the session: who comes from afar is not sent to a room."""
    return _("À distance") if entry.is_remote else place(entry.session)


def when(session: Session) -> str:
    """Say when a session takes place: «mardi 3 mars 2026, de 9 h à 12 h 30».

    The zone is named when it is not the centre's.
    """
    with timezone.override(session.clock):
        start, end = session.local_start, session.local_end
        values = {
            "day": day(start), "from": clock(start), "last": day(end), "to": clock(end),
        }  # fmt: skip
    if start.date() == end.date():
        said = _("%(day)s, de %(from)s à %(to)s") % values
    else:
        said = _("du %(day)s, %(from)s, au %(last)s, %(to)s") % values
    return said if session.zone == settings.TIME_ZONE else f"{said} ({session.zone})"


def hours(session: Session) -> str:
    """Say at what hours: «de 9 h à 12 h 30»."""
    with timezone.override(session.clock):
        values = {"from": clock(session.local_start), "to": clock(session.local_end)}
    return _("de %(from)s à %(to)s") % values


def seats(session: Session, *, now: datetime) -> str:
    """Say in words whether there are seats left; of two pools, the better news."""
    if session.is_cancelled:
        return _("Annulée")
    pools = list(session.pools.all())
    if not pools:
        return _("Entrée libre")
    if session.opens_at and now < session.opens_at:
        return _("Inscriptions à partir du %(day)s") % {"day": day(session.opens_at)}
    if not session.takes_registrations(now=now):
        return _("Inscriptions closes")
    best = min((Availability(pool.shown) for pool in pools), key=_BEST_FIRST.index)
    return str(best.label)


def language_of(session: Session) -> str:
    """Return the language in which the page shows its words: its own, else French."""
    language = get_language() or settings.LANGUAGE_CODE
    return language if getattr(session, f"title_{language}") else settings.LANGUAGE_CODE
