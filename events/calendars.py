"""Sessions as calendars read them (RFC 5545, RFC 7986).

Time is local with its zone and a VTIMEZONE, so that a series keeps its hour across the changes of
clock. DTSTAMP is when the session last changed: the same agenda gives the same bytes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from events.models import Session

KEPT = timedelta(days=90)  # how long a feed remembers what is over
MOST = 1_000  # sessions of a feed, the next ones first
REFRESH = timedelta(hours=1)
_STATUS = {False: "CONFIRMED", True: "CANCELLED"}


def feed(
    sessions: Iterable[Session], *, name: str, connections: Mapping[int, str] | None = None
) -> bytes:
    """Return the calendar of these sessions, under that name.

    `connections`: where its reader connects, by each session followed from afar; may be empty.
    """
    calendar = _calendar()
    calendar.add("x-wr-calname", name)
    calendar.add("name", name)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    return _filled(calendar, list(sessions), connections=connections)


def one(session: Session, *, connection_url: str | None = None) -> bytes:
    """Return the calendar of one session; with where to connect, may be empty, for those who do."""
    connections = {} if connection_url is None else {session.pk: connection_url}
    return _filled(_calendar(), [session], connections=connections)


def _calendar() -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", f"-//{settings.CENTRE_NAME}//Agenda//FR")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    return calendar


def _filled(
    calendar: Calendar, sessions: list[Session], *, connections: Mapping[int, str] | None = None
) -> bytes:
    for session in sessions:
        calendar.add_component(_event(session, (connections or {}).get(session.pk)))
    if sessions:
        first = min(session.local_start for session in sessions).date()
        last = max(session.local_end for session in sessions).date()
        calendar.add_missing_timezones(
            first_date=first - timedelta(days=366), last_date=last + timedelta(days=366)
        )
    return bytes(calendar.to_ical())


def _event(session: Session, connection_url: str | None) -> Event:
    event = Event()
    event.add("uid", str(session.uid))
    event.add("sequence", session.sequence)
    event.add("dtstamp", _whole(session.changed_at))
    event.add("last-modified", _whole(session.changed_at))
    event.add("created", _whole(session.created_at))
    event.add("dtstart", session.local_start)
    event.add("dtend", session.local_end)
    event.add("summary", session.title)
    event.add("status", _STATUS[session.is_cancelled])
    address = settings.PUBLIC_URL + session.get_absolute_url()
    event.add("url", address)
    event.add("location", place(session) if connection_url is None else _("À distance"))
    words = [session.summary, session.description]
    if session.is_cancelled:
        words.insert(0, _("Annulée : %(why)s") % {"why": session.cancel_reason})
    if connection_url:
        words.append(_("Pour vous connecter : %(url)s") % {"url": connection_url})
    event.add("description", "\n\n".join([*filter(None, words), address]))
    return event


def place(session: Session) -> str:
    """Say on one line where a session takes place."""
    if session.room is not None:
        return f"{session.room.name}, {settings.CENTRE_NAME}, {settings.CENTRE_ADDRESS}"
    return session.elsewhere or _("À distance")


def _whole(instant: datetime) -> datetime:
    return instant.replace(microsecond=0)


# --- Appointments of one person ---


@dataclass(frozen=True)
class Entry:
    """One appointment of one person; `uid` stays the same while it is the same appointment."""

    uid: str
    start: datetime
    minutes: int
    summary: str
    place: str
    is_cancelled: bool


def entries(rows: Iterable[Entry], clock: ZoneInfo, *, sequence: int, stamp: datetime) -> bytes:
    """Return the calendar of these appointments, on that clock; `sequence`: their revision."""
    calendar = _calendar()
    days = []
    for row in rows:
        start = row.start.astimezone(clock)
        event = Event()
        event.add("uid", row.uid)
        event.add("sequence", sequence)
        event.add("dtstamp", _whole(stamp))
        event.add("dtstart", start)
        event.add("dtend", start + timedelta(minutes=row.minutes))
        event.add("summary", row.summary)
        event.add("location", row.place)
        event.add("status", _STATUS[row.is_cancelled])
        calendar.add_component(event)
        days.append(start.date())
    if days:
        calendar.add_missing_timezones(
            first_date=min(days) - timedelta(days=366), last_date=max(days) + timedelta(days=366)
        )
    return bytes(calendar.to_ical())
