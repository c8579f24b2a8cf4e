"""What a visit is worth as an aid (R7.12), and the ceiling of aids de minimis (R7.09). Pure.

The advantage is the market value less the price paid (gross grant equivalent). An attestation
freezes value, price, date and regime: the table may change, what was issued does not.

Three years roll: a grant counts from its day until the same day three years later, that day
included. One of 30 January 2021 still counts on 30 January 2024, and no more on the 31st: where the
regulation leaves a day in doubt, the centre grants less.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from emn.lib.calendar import add_months

TABLE = Path(__file__).parent / "data" / "aid-values.json"
CEILING_CENTS = 300_000_00  # of one company over three years, regulation (EU) 2023/2831 (R7.09)
YEARS_COUNTED = 3
NONE, DE_MINIMIS, RGEC, SIEG = "none", "de_minimis", "rgec", "sieg"
REGIMES = (NONE, DE_MINIMIS, RGEC, SIEG)


@dataclass(frozen=True, slots=True)
class UnitValue:
    """What one service is worth from a day on, in cents, under one regime."""

    service: str
    version: str
    from_on: str
    regime: str
    value_cents: int
    price_cents: int
    source: str

    @property
    def aid_cents(self) -> int:
        """The gross grant equivalent."""
        return max(0, self.value_cents - self.price_cents)

    def frozen(self) -> dict[str, Any]:
        """Return what an attestation keeps of it."""
        return asdict(self) | {"aid_cents": self.aid_cents}


@lru_cache(maxsize=1)
def table() -> tuple[UnitValue, ...]:
    """Return the table shipped, oldest first. Raises ValueError on a regime that is none."""
    rows = [UnitValue(**row) for row in json.loads(TABLE.read_text(encoding="utf-8"))]
    if unknown := {row.regime for row in rows} - set(REGIMES):
        raise ValueError(f"unknown regime: {unknown}")
    return tuple(sorted(rows, key=lambda row: row.from_on))


def value_on(day: date, *, service: str) -> UnitValue:
    """Return the value of a service on a day. Raises LookupError when the table has none."""
    known = [row for row in table() if row.service == service and row.from_on <= day.isoformat()]
    if not known:
        raise LookupError(f"no unit value for {service} on {day}")
    return known[-1]


def room_left_cents(*, aid: int, ours: int, declared: int) -> int:
    """Return what is left under the ceiling once `aid` is granted, below 0 when it is passed.

    `ours`: granted by the centre over three years, the first day included; `declared`: by others,
    as the company says. All in cents.
    """
    return CEILING_CENTS - aid - ours - declared


@dataclass(frozen=True, slots=True)
class Grant:
    """An aid that a company, or one linked to it, was given on a day, in cents."""

    on: date
    aid_cents: int
    regime: str = DE_MINIMIS
    declared_cents: int = 0  # by others, as the company said that day


def counted_from(day: date) -> date:
    """Return the first day whose grants still count on `day`."""
    return add_months(day, -12 * YEARS_COUNTED)


def counted_cents(grants: Iterable[Grant], *, day: date, until: date | None = None) -> int:
    """Return what counts under the ceiling on `day`; `until`: leave out what came after it."""
    since = counted_from(day)
    return sum(
        grant.aid_cents
        for grant in grants
        if grant.regime == DE_MINIMIS and grant.on >= since and (until is None or grant.on <= until)
    )


def is_allowed(new: Grant, grants: Iterable[Grant]) -> bool:
    """Tell whether the ceiling holds on the day of `new`, and on that of each later grant.

    `grants`: of the whole group (R7.09: linked companies are one). A grant that is noted late falls
    into the three years of those that came since, so these are tested again.
    """
    if new.regime != DE_MINIMIS:
        return True
    known = [*grants, new]
    tested = [grant for grant in known if grant is new or grant.on > new.on]
    return all(
        counted_cents(known, day=grant.on, until=grant.on) + grant.declared_cents <= CEILING_CENTS
        for grant in tested
        if counted_from(grant.on) <= new.on
    )
