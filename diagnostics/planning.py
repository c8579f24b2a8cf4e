"""Which measures first, and the best set that a budget and hours can pay for (mechanics 5.5). Pure.

A measure is called by questions whose answer is worth less than it takes, or by a red card. Every
rule is traceable (R6.23): what called a measure stays with it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import gcd

from diagnostics.scoring import TOP

SHOWN = 6  # the rest stands in the annex
LEVEL_1_BELOW = Fraction(3, 2)  # under it, the first step; from it, the next one
_WORTH_OF_RANK = {1: 6, 2: 3, 3: 1}
_WORTH_OF_RED = 60


@dataclass(frozen=True, slots=True)
class Measure:
    """One thing to do. `rank`: 1 what everybody needs, 3 what can wait; `cost`: euros, first year.

    `triggers`: question → the value from which the measure is no more needed; `floors`: question →
    the value under which it comes too early; `reds`: the red cards that call it.
    """

    code: str
    rank: int
    cost: int
    hours: int
    triggers: Mapping[str, Fraction]
    reds: frozenset[str] = frozenset()
    floors: Mapping[str, Fraction] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Called:
    """A measure that the answers call: `value` is the worst that called it, `by` the questions.

    `worth`: what it weighs in a plan.
    """

    measure: Measure
    value: Fraction
    by: tuple[str, ...]
    is_red: bool

    @property
    def level(self) -> int:
        """Which wording fits: 1 the first step, 2 the next one."""
        return 1 if self.is_red or self.value < LEVEL_1_BELOW else 2

    @property
    def worth(self) -> int:
        """How much doing it brings: what is missing, times the rank; a red card above all."""
        missing = 2 * (TOP - self.value)  # values go by halves
        red = _WORTH_OF_RED if self.is_red else 0
        return red + int(missing) * _WORTH_OF_RANK[self.measure.rank]


def rank(
    measures: Sequence[Measure], values: Mapping[str, Fraction], *, reds: Sequence[str] = ()
) -> tuple[Called, ...]:
    """Return the measures that are called, each once, the most pressing first.

    Those of a red card, then rank 1 by the worst value, then the others; at equality what costs
    less, takes less time, and then the code.
    """
    called = []
    for measure in measures:
        by = tuple(
            code
            for code, enough in measure.triggers.items()
            if measure.floors.get(code, 0) <= values.get(code, TOP) < enough
        )
        is_red = not measure.reds.isdisjoint(reds)
        if not by and not is_red:
            continue
        value = min((values[code] for code in by), default=Fraction(0))
        called.append(Called(measure, value, by, is_red))
    return tuple(sorted(called, key=_place))


def _place(entry: Called) -> tuple[bool, bool, Fraction, int, int, int, str]:
    measure = entry.measure
    return (
        not entry.is_red, measure.rank != 1, entry.value, measure.rank, measure.cost, measure.hours,
        measure.code,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plan:
    """The best set under `budget` (euros) and `hours`, in the order of the ranking."""

    budget: int
    hours: int
    codes: tuple[str, ...]
    cost: int
    time: int
    worth: int


_State = tuple[int, int, int, int]  # worth, -cost, -hours, the set as bits: the best is the largest


def plans(
    called: Sequence[Called], *, budgets: Sequence[int], hours: Sequence[int]
) -> tuple[Plan, ...]:
    """Return the best plan for each budget and each number of hours, exactly.

    Best: the greatest worth, then the least money, then the least time, then the measures that come
    first. One pass over the measures fills a table of every (cost, hours) that a set can reach
    within the largest bounds; each plan is the best cell within its own.
    """
    most_cost, most_hours = max(budgets, default=0), max(hours, default=0)
    unit = gcd(*(entry.measure.cost for entry in called), 0) or 1
    table: dict[tuple[int, int], _State] = {(0, 0): (0, 0, 0, 0)}
    for place, entry in enumerate(called):
        bit = 1 << (len(called) - 1 - place)
        worth, cost, time = entry.worth, entry.measure.cost // unit, entry.measure.hours
        for (spent, used), state in list(table.items()):
            cell = (spent + cost, used + time)
            if cell[0] * unit > most_cost or cell[1] > most_hours:
                continue
            reached = (state[0] + worth, -cell[0] * unit, -cell[1], state[3] | bit)
            if cell not in table or reached > table[cell]:
                table[cell] = reached
    return tuple(
        _plan(called, table.values(), budget=budget, hours=limit)
        for budget in budgets
        for limit in hours
    )


def _plan(called: Sequence[Called], states: Collection[_State], *, budget: int, hours: int) -> Plan:
    within = (state for state in states if -state[1] <= budget and -state[2] <= hours)
    worth, cost, time, bits = max(within)
    last = len(called) - 1
    codes = tuple(
        entry.measure.code for place, entry in enumerate(called) if bits >> (last - place) & 1
    )
    return Plan(budget, hours, codes, -cost, -time, worth)
