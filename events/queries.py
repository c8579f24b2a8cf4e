"""What the agenda shows: by week, or a month at a glance."""

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, Q, Sum, Window
from django.db.models.functions import RowNumber, TruncDate
from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from emn.lib.calendar import add_months
from emn.lib.page_cache import kept
from events import overbooking, wording
from events.enums import RegistrationStatus, SeatMode
from events.filters import AgendaForm, rooms, shown, themes
from events.models import CapacityPool, Registration, Session
from events.models.registrations import SEATED
from events.models.sessions import LONGEST_SESSION, SessionQuerySet
from events.services.reference import topics

PAGE_SIZE = 20
MOST_IN_A_DAY = 4
FARTHEST_MONTHS = 36
HOME_DATES = 5


@dataclass(frozen=True)
class Line:
    """One session as a list shows it."""

    session: Session
    seats: str
    language: str  # of its words

    @cached_property
    def when(self) -> str:
        """The day and the hours."""
        return wording.when(self.session)


@dataclass(frozen=True)
class Week:
    """The sessions of one week, Monday to Sunday."""

    label: str
    lines: list[Line]


@dataclass(frozen=True)
class Day:
    """One square of a month; `more`: sessions that have no room in it."""

    date: date
    is_in_month: bool
    is_today: bool
    lines: list[Line]
    more: int


@dataclass(frozen=True)
class Month:
    """A month at a glance; the addresses of its neighbours are empty where the agenda ends."""

    label: str
    weeks: list[list[Day]]
    before: str
    after: str
    total: int


@dataclass(frozen=True)
class Agenda:
    """What the page shows."""

    form: AgendaForm
    page: Page[Session] | None = None
    weeks: tuple[Week, ...] = ()
    month: Month | None = None

    def address(self, **changed: str) -> str:
        """Return the query of the same choice, with what changes."""
        asked = QueryDict(mutable=True)
        asked.update({**self.form.asked, **changed})
        return f"?{asked.urlencode()}" if asked else "?"

    @property
    def is_narrowed(self) -> bool:
        """Whether something else than words was asked."""
        return bool(set(self.form.asked) - {"q"})

    @property
    def chips(self) -> list[tuple[str, str]]:
        """What is asked for, in words, each with the address without it."""
        view = "&vue=mois" if self.month else ""
        return [(label, f"?{query}{view}") for label, query in self.form.chips()]

    @property
    def theme(self) -> tuple[str, str] | None:
        """The theme asked for: its address and its name."""
        return next((row for row in themes() if row[0] == self.form.asked.get("theme")), None)

    @property
    def letter_query(self) -> str:
        """What the page of letters is asked for: the topic of the theme, where there is one."""
        topic = topics().get(self.theme[0]) if self.theme else None
        return f"?sujet={topic}" if topic else ""

    @property
    def room(self) -> tuple[str, str] | None:
        """The room asked for."""
        return next((row for row in rooms() if row[0] == self.form.asked.get("lieu")), None)

    @property
    def list_address(self) -> str:
        """The same choice, by week."""
        return self.address()

    @property
    def month_address(self) -> str:
        """The same choice, a month at a glance."""
        return self.address(vue="mois")


def agenda(asked: QueryDict, *, now: datetime) -> Agenda:
    """Return what the address asks for: what has not ended, or one month."""
    form, sessions = shown(asked)
    if asked.get("vue") == "mois":
        return Agenda(form, month=_month(form, sessions, asked.get("mois", ""), now=now))
    rows = coming(sessions, now=now).with_seats().in_order()
    page = Paginator(rows, PAGE_SIZE).get_page(asked.get("page"))
    lines = [line(session, now=now) for session in page.object_list]
    weeks = [
        Week(_week_label(monday), list(of_week))
        for monday, of_week in groupby(lines, key=lambda entry: _monday(entry.session))
    ]
    return Agenda(form, page=page, weeks=tuple(weeks))


def coming(sessions: SessionQuerySet, *, now: datetime) -> SessionQuerySet:
    """Keep what has not ended; the start bounds the index, for no session lasts longer."""
    return sessions.filter(starts_at__gt=now - LONGEST_SESSION).upcoming(now=now)


def line(session: Session, *, now: datetime) -> Line:
    """Return a session as a list shows it; its pools are loaded."""
    return Line(session, wording.seats(session, now=now), wording.language_of(session))


@kept
def next_dates() -> list[Line]:
    """Return the next dates, for the home page."""
    now = timezone.now()
    rows = coming(Session.objects.shown(), now=now).published().with_seats().in_order()
    return [line(session, now=now) for session in rows[:HOME_DATES]]


@dataclass(frozen=True)
class WaitingList:
    """Who waits for the seats of a pool, in the order they are called."""

    pool: CapacityPool
    taken: int
    people: list[Registration]


def waiting_lists(session: Session) -> list[WaitingList]:
    """Return the waiting list of each pool, pools in their order."""
    return [
        WaitingList(pool, pool.registrations.holding().seats(), list(pool.registrations.in_line()))
        for pool in sorted(session.pools.all(), key=lambda pool: pool.pk)
    ]


def came_lately(session: Session, *, now: datetime) -> list[tuple[int, int]]:
    """Return people expected and come, of the last sessions of the kind whose door was kept.

    On site only, the last first, ten at most (mechanics 4.4).
    """
    came = RegistrationStatus.PRESENT
    rows = (
        Session.objects.published()
        .filter(kind=session.kind, ends_at__lte=now, registrations__pool__mode=SeatMode.ON_SITE)
        .annotate(
            expected=Sum("registrations__seats", filter=Q(registrations__status__in=SEATED)),
            came=Sum("registrations__seats", filter=Q(registrations__status=came)),
        )
        .filter(came__gt=0)
        .order_by("-starts_at", "-pk")
    )
    return list(rows.values_list("expected", "came")[: overbooking.COMPARED])


def _monday(session: Session) -> date:
    day = timezone.localdate(session.starts_at)
    return day - timedelta(days=day.weekday())


def _week_label(monday: date) -> str:
    sunday = monday + timedelta(days=6)
    if monday <= timezone.localdate() <= sunday:
        return _("Cette semaine")
    return _("Semaine du %(monday)s au %(sunday)s") % {
        "monday": date_format(
            monday, "MONTH_DAY_FORMAT" if monday.year == sunday.year else "DATE_FORMAT"
        ),
        "sunday": date_format(sunday, "DATE_FORMAT"),
    }


def _month(form: AgendaForm, sessions: SessionQuerySet, asked: str, *, now: datetime) -> Month:
    today = timezone.localdate(now)
    this = today.replace(day=1)
    first = _asked_month(asked, this)
    days = calendar.Calendar().monthdatescalendar(first.year, first.month)
    start, end = _midnight(days[0][0]), _midnight(days[-1][-1] + timedelta(days=1))
    by_day: dict[date, list[Line]] = {}
    of_day: dict[date, int] = {}
    for session in _first_of_each_day(sessions, start, end):
        day = timezone.localdate(session.starts_at)
        by_day.setdefault(day, []).append(line(session, now=now))
        of_day[day] = session.of_day

    def address(month: date) -> str:
        if abs((month.year - this.year) * 12 + month.month - this.month) > FARTHEST_MONTHS:
            return ""
        query = QueryDict(mutable=True)
        query.update({**form.asked, "vue": "mois", "mois": f"{month:%Y-%m}"})
        return f"?{query.urlencode()}"

    return Month(
        label=date_format(first, "F Y"),
        weeks=[
            [
                Day(
                    date=day,
                    is_in_month=day.month == first.month,
                    is_today=day == today,
                    lines=by_day.get(day, []),
                    more=max(0, of_day.get(day, 0) - MOST_IN_A_DAY),
                )
                for day in week
            ]
            for week in days
        ],
        before=address(add_months(first, -1)),
        after=address(add_months(first, 1)),
        total=sum(count for day, count in of_day.items() if day.month == first.month),
    )


def _first_of_each_day(sessions: SessionQuerySet, start: datetime, end: datetime) -> Iterable[Any]:
    """Return the sessions that have room in their day's square, each with `of_day`, their number.

    A busy month costs what it shows.
    """
    day = TruncDate("starts_at")
    return (
        sessions.filter(starts_at__gte=start, starts_at__lt=end)
        .annotate(
            of_day=Window(Count("pk"), partition_by=[day]),
            rank=Window(RowNumber(), partition_by=[day], order_by=["starts_at", "pk"]),
        )
        .filter(rank__lte=MOST_IN_A_DAY)
        .with_seats()
        .in_order()
    )


def _asked_month(asked: str, this: date) -> date:
    """Return the first day of the month asked for; of this month when there is none such."""
    try:
        month = parse_date(f"{asked}-01")
    except ValueError:
        month = None
    if month is None or abs((month.year - this.year) * 12 + month.month - this.month) > (
        FARTHEST_MONTHS
    ):
        return this
    return month


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
