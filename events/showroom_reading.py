"""What the pages of the showrooms show, each in a number of queries that does not grow."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, Q, Sum
from django.http import QueryDict
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from directory.models import Provider
from emn.lib.page_cache import kept
from events.enums import HostRole, RegistrationStatus, Scenario, ShowroomTheme, VisitOutcome
from events.models import (
    Demonstration,
    DemonstrationDay,
    Favourite,
    NamedProvider,
    Session,
    Showroom,
    Visit,
    VisitHost,
    VisitNotebook,
)
from events.queries import Line, line
from events.showrooms.secrecy import told, told_by

MOST_SLOTS = 24
HALF_MONTHS = 6
_CENTS = 100


# --- Showrooms and demonstrations ---


@dataclass(frozen=True)
class Spot:
    """A station of the plan with what stands there today, None for an empty one."""

    number: int
    name: str
    x: int
    y: int
    demonstration: Demonstration | None


def spots(showroom: Showroom, *, today: date) -> list[Spot]:
    """Return the stations by number: two queries."""
    there = {row.station_id: row for row in _in_place(showroom, today=today)}
    return [
        Spot(row.number, row.name, row.x, row.y, there.get(row.pk))
        for row in showroom.stations.order_by("number")
    ]


def _in_place(showroom: Showroom, *, today: date) -> Iterable[Demonstration]:
    rows = Demonstration.objects.in_place(on=today).filter(showroom=showroom)
    return rows.with_place().on_the_plan()


@kept
def showroom_choices() -> list[tuple[str, str]]:
    """Return the showrooms, in their order and in the page’s language."""
    return [(row.slug, row.name) for row in Showroom.objects.order_by("position", "pk")]


def price(demonstration: Demonstration) -> str:
    """Return the price range in words, in whole euros before tax; nothing when it is not known."""
    if demonstration.price_from_cents is None:
        return ""
    low = _euros(demonstration.price_from_cents)
    if demonstration.price_to_cents is None:
        return _("à partir de %(low)s HT") % {"low": low}
    if demonstration.price_to_cents == demonstration.price_from_cents:
        return _("%(price)s HT") % {"price": low}
    high = _euros(demonstration.price_to_cents)
    return _("de %(low)s à %(high)s HT") % {"low": low, "high": high}


def _euros(cents: int) -> str:
    figure = number_format(round(cents / _CENTS), 0, use_l10n=True, force_grouping=True)
    return _("%(amount)s €") % {"amount": figure}


@dataclass(frozen=True)
class Supplier:
    """A card that may supply a demonstration; `shows`: it brought it."""

    provider: Provider
    shows: bool


def suppliers(demonstration: Demonstration) -> list[Supplier]:
    """Return the public cards that supply a demonstration, by name: the order says nothing."""
    rows = Provider.objects.published().filter(
        Q(supplied_demonstrations__demonstration=demonstration) | Q(pk=demonstration.exhibitor_id)
    )
    found = rows.distinct().order_by("name", "pk")
    return [Supplier(row, row.pk == demonstration.exhibitor_id) for row in found]


# --- Visits ---


@dataclass(frozen=True)
class Slot:
    """A visit that may be booked: its line of the agenda, and who receives, in words."""

    visit: Visit
    line: Line
    hosts: list[str]


def slots(asked: Mapping[str, str], *, now: datetime) -> list[Slot]:
    """Return the next visits for a scenario, of one showroom when it is asked."""
    rows = Visit.objects.open(now=now).filter(
        Q(session__opens_at=None) | Q(session__opens_at__lte=now)
    )
    if asked.get("scenario"):
        rows = rows.for_scenario(asked["scenario"])
    if asked.get("showroom"):
        rows = rows.filter(showroom__slug=asked["showroom"])
    rows = rows.select_related("session__room", "showroom").prefetch_related(
        "session__pools", "hosts"
    )
    return [
        slot(visit, now=now) for visit in rows.order_by("session__starts_at", "pk")[:MOST_SLOTS]
    ]


def slot(visit: Visit, *, now: datetime) -> Slot:
    """Return a visit as a list shows it; its pools and hosts are loaded."""
    return Slot(visit, line(visit.session, now=now), host_words(visit.hosts.all()))


def host_words(hosts: Iterable[VisitHost]) -> list[str]:
    """Return who is there beside the centre’s own host, in words."""
    others = {
        HostRole.THERAPIST: _("avec un ergothérapeute"),
        HostRole.CRAFTSMAN: _("avec un artisan"),
    }
    held = {HostRole(row.role) for row in hosts}
    return [words for role, words in others.items() if role in held]


def visits_on(day: date) -> list[Visit]:
    """Return the visits of a day with all that their host needs, in order."""
    rows = Visit.objects.filter(
        session__starts_at__date=day, session__in=_published()
    ).select_related("session__room", "showroom")
    rows = rows.prefetch_related(
        "hosts", "notebooks__registration", "notebooks__favourites__demonstration"
    )
    return list(rows.order_by("session__starts_at", "pk"))


def _published() -> Any:
    return Session.objects.published()


# --- Figures ---


def half_of(day: date) -> date:
    """Return the first day of the half-year that a day belongs to."""
    return date(day.year, 1 if day.month <= HALF_MONTHS else HALF_MONTHS + 1, 1)


def half_before(day: date) -> date:
    """Return the first day of the half-year before that of a day."""
    return half_of(half_of(day) - timedelta(days=1))


def half_end(first: date) -> date:
    """Return the first day after the half-year that begins on `first`."""
    return half_of(first + timedelta(days=200))


@dataclass(frozen=True)
class Figures:
    """What a provider is told of one demonstration over a period; None: fewer than five."""

    demonstration: Demonstration
    views: int | None
    favourites: int | None
    named: int | None
    answers: int | None
    outcomes: dict[str, int | None]

    @property
    def outcome_lines(self) -> list[tuple[str, int | None]]:
        """The outcomes in words."""
        return [(str(VisitOutcome(key).label), count) for key, count in self.outcomes.items()]


def shown_by(provider_ids: Iterable[int]) -> Any:
    """Return the demonstrations that these cards brought or supply, the last first."""
    ids = list(provider_ids)
    rows = Demonstration.objects.published().filter(
        Q(exhibitor__in=ids) | Q(suppliers__provider__in=ids)
    )
    return rows.distinct().select_related("showroom").order_by("-entered_on", "-pk")


def figures(
    demonstrations: Iterable[Demonstration],
    *,
    provider_ids: Iterable[int],
    since: date,
    until: date,
) -> list[Figures]:
    """Return the figures of each, from `since` until the eve of `until`: four queries.

    Five people or none: a view is not a person, yet few views say that few came (rule of five).
    """
    rows = list(demonstrations)
    keys = [row.pk for row in rows]
    begin, end = _midnight(since), _midnight(until)
    views = dict(
        DemonstrationDay.objects.filter(demonstration__in=keys, day__gte=since, day__lt=until)
        .values("demonstration").annotate(total=Sum("opened")).order_by("demonstration")
        .values_list("demonstration", "total")
    )  # fmt: skip
    liked = dict(
        Favourite.objects.filter(demonstration__in=keys, added_at__gte=begin, added_at__lt=end)
        .values("demonstration").annotate(total=Count("pk")).order_by("demonstration")
        .values_list("demonstration", "total")
    )  # fmt: skip
    named = dict(
        NamedProvider.objects.filter(
            favourite__demonstration__in=keys, provider__in=list(provider_ids),
            favourite__notebook__sent_at__gte=begin, favourite__notebook__sent_at__lt=end,
        )
        .values("favourite__demonstration").annotate(total=Count("favourite", distinct=True))
        .order_by("favourite__demonstration")
        .values_list("favourite__demonstration", "total")
    )  # fmt: skip
    outcomes: dict[int, Counter[str]] = {}
    for key, outcome, total in (
        Favourite.objects.filter(
            demonstration__in=keys, answered_at__gte=begin, answered_at__lt=end
        )
        .values("demonstration", "outcome").annotate(total=Count("pk")).order_by("demonstration")
        .values_list("demonstration", "outcome", "total")
    ):  # fmt: skip
        outcomes.setdefault(key, Counter())[outcome] = total
    return [
        Figures(
            demonstration=row,
            views=told(views.get(row.pk, 0)),
            favourites=told(liked.get(row.pk, 0)),
            named=told(named.get(row.pk, 0)),
            answers=told(outcomes.get(row.pk, Counter()).total()),
            outcomes=_outcomes(outcomes.get(row.pk, Counter())),
        )
        for row in rows
    ]


def _outcomes(counts: Counter[str]) -> dict[str, int | None]:
    if told(counts.total()) is None:
        return {}
    return told_by({key: counts[key] for key in VisitOutcome.values})


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


@dataclass(frozen=True)
class StaffFigures:
    """What the centre counts over a period: exact, for its own people."""

    visits: int
    booked: int
    came: int
    sent: int
    asked: int
    answered: int
    by_scenario: list[tuple[str, int, int]]
    demonstrations: list[dict[str, Any]]


def staff_figures(*, since: date, until: date) -> StaffFigures:
    """Return the figures of a period, by the day of the visit: four queries."""
    begin, end = _midnight(since), _midnight(until)
    span = {"visit__session__starts_at__gte": begin, "visit__session__starts_at__lt": end}
    came = Q(registration__status=RegistrationStatus.PRESENT)
    rows = VisitNotebook.objects.filter(**span)
    total = rows.aggregate(
        booked=Count("pk"), came=Count("pk", filter=came), sent=Count("sent_at"),
        asked=Count("asked_at"), answered=Count("answered_at"),
    )  # fmt: skip
    by_scenario = {
        key: (booked, present)
        for key, booked, present in rows.values("scenario")
        .annotate(booked=Count("pk"), came=Count("pk", filter=came))
        .order_by("scenario").values_list("scenario", "booked", "came")
    }  # fmt: skip
    liked = Favourite.objects.filter(
        **{f"notebook__{key}": value for key, value in span.items()}
    ).values("demonstration__title_fr", "demonstration__theme")
    counted = liked.annotate(
        favourites=Count("pk"),
        **{key: Count("pk", filter=Q(outcome=key)) for key in VisitOutcome.values},
    ).order_by("-favourites", "demonstration__title_fr")
    visits = Visit.objects.filter(session__starts_at__gte=begin, session__starts_at__lt=end)
    return StaffFigures(
        visits=visits.filter(session__in=_published()).count(),
        by_scenario=[
            (str(scenario.label), *by_scenario.get(scenario.value, (0, 0))) for scenario in Scenario
        ],
        demonstrations=[
            row | {"theme": ShowroomTheme(row["demonstration__theme"]).label} for row in counted
        ],
        **total,
    )


def month_now(today: date) -> date:
    """Return the first day of this month: what is told stops there, no single day shows."""
    return today.replace(day=1)


def half_label(first: date) -> str:
    """Return a half-year in words: «de janvier à juin 2026»."""
    last = half_end(first) - timedelta(days=1)
    return _("de %(first)s à %(last)s") % {
        "first": date_format(first, "F"), "last": date_format(last, "F Y"),
    }  # fmt: skip


def narrowed(asked: QueryDict) -> dict[str, str]:
    """Return what an address asks of the demonstrations, without what does not exist."""
    known = {
        "showroom": {slug for slug, _name in showroom_choices()},
        "scenario": set(Scenario.values),
        "theme": set(ShowroomTheme.values),
    }
    return {key: value for key, values in known.items() if (value := asked.get(key, "")) in values}


def found(asked: Mapping[str, str], *, today: date) -> list[Demonstration]:
    """Return the demonstrations in place that answer what is asked."""
    rows = Demonstration.objects.in_place(on=today)
    if asked.get("showroom"):
        rows = rows.filter(showroom__slug=asked["showroom"])
    if asked.get("scenario"):
        rows = rows.filter(scenarios__contains=[asked["scenario"]])
    if asked.get("theme"):
        rows = rows.filter(theme=asked["theme"])
    return list(rows.with_place().on_the_plan())
