"""What a visit is worth as an aid (R7.12): a table of unit values with versions. Pure.

The advantage is the market value less the price paid (gross grant equivalent). An attestation
freezes value, price, date and regime: the table may change, what was issued does not.
"""

import json
from dataclasses import asdict, dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

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
