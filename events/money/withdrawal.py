"""When an individual may be asked for money. Pure.

Source: R4.04; Code du travail, L.6353-5 (ten days to withdraw from the signature), L.6353-6
(nothing before, then 30 % at most before the start, the rest spread over the training); Code de la
consommation, L.221-18 (fourteen days when concluded at a distance) and L.221-19 (a period that
ends on a Saturday, a Sunday or a holiday goes on to the next working day).
"""

from datetime import date, timedelta

from emn.lib.calendar import is_working_day

WITHDRAWAL_DAYS = 10
WITHDRAWAL_DAYS_AT_A_DISTANCE = 14
MOST_BEFORE_START_PERCENT = 30


def last_day_to_withdraw(signed_on: date, *, at_a_distance: bool) -> date:
    """Return the last day of the withdrawal period; the day of the signature does not count."""
    days = WITHDRAWAL_DAYS_AT_A_DISTANCE if at_a_distance else WITHDRAWAL_DAYS
    last = signed_on + timedelta(days=days)
    while at_a_distance and not is_working_day(last, local_law=True):
        last += timedelta(days=1)
    return last


def payable_cents(
    total_cents: int,
    *,
    today: date,
    signed_on: date | None,
    at_a_distance: bool,
    starts_on: date | None,
    ends_on: date | None,
) -> int:
    """Return how much of a training an individual may have been asked for, in all, by today.

    Zero without a signed contract, and until the eleventh (or fifteenth) day; 30 % before the
    start; then 30 % and the rest in proportion to the days begun; all of it on the last day.
    """
    if signed_on is None or today <= last_day_to_withdraw(signed_on, at_a_distance=at_a_distance):
        return 0
    deposit = total_cents * MOST_BEFORE_START_PERCENT // 100
    if starts_on is None or ends_on is None or today < starts_on:
        return deposit
    if today >= ends_on:
        return total_cents
    days = (ends_on - starts_on).days + 1
    begun = (today - starts_on).days + 1
    return deposit + (total_cents - deposit) * begun // days
