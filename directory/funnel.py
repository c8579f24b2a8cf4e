"""What the owner of a card sees of its days: two periods, and the weeks as bars."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import QuerySet, Sum
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from directory.models import CardDay
from directory.services.measures import COUNTED

PERIOD_DAYS = 30
WEEKS = 12
FEWEST = 5  # below, a number could point at one visitor: « moins de 5 »
FEWEST_FOR_A_SHARE = 30  # below, a share would say more than is known
BAR_HEIGHT, BAR_WIDTH, BAR_STEP = 100, 28, 36


@dataclass(frozen=True)
class Step:
    """One line of the table; `share` is of the step before, in %, None when too few."""

    label: str
    recent: str
    before: str
    share: int | None


@dataclass(frozen=True)
class Bar:
    """One week: how often the card was opened, and where its bar stands in the drawing."""

    first_day: date
    count: str
    x: int
    y: float
    height: float


@dataclass(frozen=True)
class Funnel:
    """Everything the page shows. `counted_from`: the first day that has a number, if any."""

    steps: list[Step]
    bars: list[Bar]
    counted_from: date | None
    is_empty: bool

    @property
    def highest(self) -> str:
        """What the highest bar counts."""
        return max(self.bars, key=lambda bar: bar.height).count

    @property
    def view_box(self) -> str:
        """The drawing's own measures."""
        return f"0 0 {WEEKS * BAR_STEP} {BAR_HEIGHT}"


def funnel(*, provider_id: int, today: date) -> Funnel:
    """Read the days of a card, in three queries. Today is left out: it is not over."""
    days = CardDay.objects.filter(provider_id=provider_id)
    middle, start = today - timedelta(days=PERIOD_DAYS), today - timedelta(days=2 * PERIOD_DAYS)
    recent, before = _sums(days, middle, today), _sums(days, start, middle)
    monday = today - timedelta(days=today.weekday())
    weeks: Counter[date] = Counter()
    rows = days.filter(day__gte=monday - timedelta(weeks=WEEKS)).order_by("day", "pk")
    for day, opened in rows.values_list("day", "opened"):
        weeks[day - timedelta(days=day.weekday())] += opened
    first = days.order_by("day", "pk").values_list("day", flat=True).first()
    return Funnel(
        steps=_steps(recent, before),
        bars=_bars([(first_day, weeks[first_day]) for first_day in _mondays(monday)]),
        counted_from=first,
        is_empty=not any(recent.values()) and not any(before.values()) and not any(weeks.values()),
    )


def said(count: int) -> str:
    """Say a count, but not a small one."""
    return (
        _("moins de %(fewest)s") % {"fewest": FEWEST}
        if 0 < count < FEWEST
        else number_format(count)
    )


def _sums(days: QuerySet[CardDay], since: date, until: date) -> dict[str, int]:
    sums = days.filter(day__gte=since, day__lt=until).aggregate(
        **{name: Sum(name) for name in COUNTED}
    )
    return {name: sums[name] or 0 for name in COUNTED}


def _steps(recent: dict[str, int], before: dict[str, int]) -> list[Step]:
    labels = {
        "listed": _("Vue dans une liste"),
        "opened": _("Fiche ouverte"),
        "phoned": _("Téléphone choisi"),
        "mailed": _("Courriel choisi"),
        "visited": _("Site internet ouvert"),
    }
    base = {"opened": "listed", "phoned": "opened", "mailed": "opened", "visited": "opened"}
    return [
        Step(
            label=label,
            recent=said(recent[name]),
            before=said(before[name]),
            share=_share(recent[name], recent[base[name]]) if name in base else None,
        )
        for name, label in labels.items()
    ]


def _share(part: int, whole: int) -> int | None:
    """Return the part in %; None when one of both is too small, or when it says nothing."""
    if whole < FEWEST_FOR_A_SHARE or 0 < part < FEWEST or part > whole:
        return None
    return round(100 * part / whole)


def _mondays(monday: date) -> list[date]:
    """Return the first days of the last whole weeks."""
    return [monday - timedelta(weeks=weeks) for weeks in range(WEEKS, 0, -1)]


def _bars(weeks: list[tuple[date, int]]) -> list[Bar]:
    highest = max([FEWEST, *(count for _day, count in weeks)])
    bars = []
    for place, (first_day, count) in enumerate(weeks):
        shown = FEWEST / 2 if 0 < count < FEWEST else count  # a small count shows no more than that
        height = round(BAR_HEIGHT * shown / highest, 1)
        y = round(BAR_HEIGHT - height, 1)
        bars.append(Bar(first_day, said(count), place * BAR_STEP, y, height))
    return bars
