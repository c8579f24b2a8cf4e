"""When an individual may be asked for money. Pure.

Source: R4.04; Code du travail, L.6353-5 (ten days to withdraw from the signature), L.6353-6
(nothing before, then 30 % at most before the start, the rest spread over the training); Code de la
consommation, L.221-18 (fourteen days when concluded at a distance) and L.221-19 (a period that
ends on a Saturday, a Sunday or a holiday goes on to the next working day).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from emn.lib.calendar import is_working_day

WITHDRAWAL_DAYS = 10
WITHDRAWAL_DAYS_AT_A_DISTANCE = 14
MOST_BEFORE_START_PERCENT = 30
MOST_PARTS = 10


def last_day_to_withdraw(signed_on: date, *, at_a_distance: bool) -> date:
    """Return the last day of the withdrawal period; the day of the signature does not count."""
    days = WITHDRAWAL_DAYS_AT_A_DISTANCE if at_a_distance else WITHDRAWAL_DAYS
    last = signed_on + timedelta(days=days)
    while at_a_distance and not is_working_day(last, local_law=True):
        last += timedelta(days=1)
    return last


@dataclass(frozen=True)
class Step:
    """What is asked for in addition, in cents, from that day on."""

    on: date
    cents: int


def steps(
    total_cents: int,
    *,
    signed_on: date,
    at_a_distance: bool,
    starts_on: date | None,
    ends_on: date | None,
) -> list[Step]:
    """Return what an individual may be asked for a training, step by step; in all, the total.

    30 % on the day after the withdrawal period; the rest in ten equal parts at most, each once as
    much of the days has begun, the last on the last day. Without days, there is no rest to spread.
    """
    first = last_day_to_withdraw(signed_on, at_a_distance=at_a_distance) + timedelta(days=1)
    asked = total_cents * MOST_BEFORE_START_PERCENT // 100
    by_day = {first: asked}
    if starts_on is not None and ends_on is not None:
        days, rest = (ends_on - starts_on).days + 1, total_cents - asked
        parts = min(days, MOST_PARTS)
        for part in range(1, parts + 1):
            begun = -(-days * part // parts)
            on = max(first, starts_on + timedelta(days=begun - 1))
            cents = rest * part // parts - rest * (part - 1) // parts
            by_day[on] = by_day.get(on, 0) + cents
    return [Step(on, cents) for on, cents in sorted(by_day.items())]


def payable_cents(steps: Iterable[Step], *, today: date) -> int:
    """Return how much may have been asked for, in all, by today."""
    return sum(step.cents for step in steps if step.on <= today)
