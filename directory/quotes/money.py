"""What the lines of a quote add up to: one-off, recurring, tax. Pure; euros as Decimal.

Rounding, half up to the cent, in two places and no other: each line without tax (quantity × unit
price, for one time it is paid), and the tax of each rate, on the sum of its lines (EN 16931,
BT-117). Everything else is a sum of those. A yearly price is due for each year begun.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any

CENT = Decimal("0.01")
MONTHS_A_YEAR = 12
HIGHEST_PRICE = Decimal(1_000_000)  # euros
HIGHEST_QUANTITY = Decimal(10_000)


class Every(StrEnum):
    """How often a line is paid."""

    ONCE = "once"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Line:
    """A cost. `price`: euros without tax of one unit, each time; `vat`: percent.

    `months`: how long a recurring one lasts, as announced; 0 when it is not said, or paid once.
    `ends`: how to put an end to it.
    """

    label: str
    quantity: Decimal
    price: Decimal
    vat: Decimal
    every: Every = Every.ONCE
    months: int = 0
    ends: str = ""

    @property
    def each_time(self) -> Decimal:
        """Euros without tax, each time it is paid."""
        return rounded(self.quantity * self.price)

    @property
    def times(self) -> int:
        """How often it is paid over the announced duration."""
        if self.every == Every.ONCE:
            return 1
        if self.every == Every.MONTH:
            return self.months
        return -(-self.months // MONTHS_A_YEAR)

    @property
    def whole(self) -> Decimal:
        """Euros without tax over the announced duration."""
        return self.each_time * self.times


@dataclass(frozen=True, slots=True)
class Tax:
    """What one rate gives: its base and its tax, in euros."""

    rate: Decimal
    base: Decimal
    tax: Decimal


@dataclass(frozen=True, slots=True)
class Totals:
    """Euros. `monthly`: what the recurring lines cost in a month, a year’s price by twelve.

    `recurring`: the same lines over their announced durations; `taxes`: by rate, the highest first.
    """

    once: Decimal
    monthly: Decimal
    recurring: Decimal
    taxes: tuple[Tax, ...]

    @property
    def before_tax(self) -> Decimal:
        """All that is to be paid, without tax."""
        return self.once + self.recurring

    @property
    def with_tax(self) -> Decimal:
        """All that is to be paid."""
        return self.before_tax + sum((entry.tax for entry in self.taxes), Decimal(0))


def rounded(amount: Decimal) -> Decimal:
    """Return the amount to the cent, half up.

    >>> rounded(Decimal("0.125")), rounded(Decimal("0.124"))
    (Decimal('0.13'), Decimal('0.12'))
    """
    return amount.quantize(CENT, ROUND_HALF_UP)


def totals(lines: Iterable[Line]) -> Totals:
    """Add the lines up; their order does not matter."""
    once, a_month, a_year, recurring = Decimal(0), Decimal(0), Decimal(0), Decimal(0)
    bases: dict[Decimal, Decimal] = {}
    for line in lines:
        bases[line.vat] = bases.get(line.vat, Decimal(0)) + line.whole
        if line.every == Every.ONCE:
            once += line.whole
        else:
            recurring += line.whole
            if line.every == Every.MONTH:
                a_month += line.each_time
            else:
                a_year += line.each_time
    taxes = tuple(
        Tax(rate, bases[rate], rounded(bases[rate] * rate / 100))
        for rate in sorted(bases, reverse=True)
    )
    monthly = a_month + a_year / MONTHS_A_YEAR  # divided once: twelfths do not add up exactly
    return Totals(rounded(once), rounded(monthly), rounded(recurring), taxes)


def read_lines(rows: Sequence[Mapping[str, Any]]) -> list[Line]:
    """Return the lines that JSON holds (see `write_line`)."""
    return [
        Line(
            label=row["label"],
            quantity=Decimal(row["quantity"]),
            price=Decimal(row["price"]),
            vat=Decimal(row["vat"]),
            every=Every(row["every"]),
            months=int(row["months"]),
            ends=row["ends"],
        )
        for row in rows
    ]


def write_line(line: Line) -> dict[str, Any]:
    """Return the line as JSON holds it: amounts as text, so that nothing is lost."""
    return {
        name: str(value) if isinstance(value, Decimal | Every) else value
        for name, value in asdict(line).items()
    }
