"""Amounts of an invoice, in whole cents. Pure.

The rules are those of EN 16931, named here as it names them; halves round away from zero:

- a line (BT-131) is quantity x unit price, rounded to the cent;
- lines of the same VAT category, rate and reason make one group; its base (BT-116) is the sum of
  its lines, its tax (BT-117) is base x rate, rounded once for the group, never line by line
  (BR-S-08, BR-CO-17);
- the totals are sums: net (BR-CO-10), tax (BR-CO-14), total (BR-CO-15).

A credit note takes lines, whole or in part. What completes a line takes exactly what is left of it,
and what completes a group takes what is left of its tax: whatever parts are credited, all of them
together are the invoice.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby

_ONE = Decimal(1)


@dataclass(frozen=True, kw_only=True, order=True)
class Vat:
    """How a line is taxed. `category`: S, E or O; `rate`: per cent; `mention`: why it is not."""

    category: str
    rate: Decimal
    mention: str = ""
    code: str = ""


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of a paper; `net_cents` excludes tax."""

    position: int
    quantity: Decimal
    unit_price_cents: int
    net_cents: int
    vat: Vat


@dataclass(frozen=True, kw_only=True)
class Group:
    """The lines that are taxed alike, together."""

    vat: Vat
    base_cents: int
    vat_cents: int


@dataclass(frozen=True, kw_only=True)
class Amounts:
    """All that is counted on a paper."""

    lines: tuple[Line, ...]
    groups: tuple[Group, ...]

    @property
    def net_cents(self) -> int:
        """The sum without tax."""
        return sum(line.net_cents for line in self.lines)

    @property
    def vat_cents(self) -> int:
        """The tax of all groups."""
        return sum(group.vat_cents for group in self.groups)

    @property
    def total_cents(self) -> int:
        """What is to be paid."""
        return self.net_cents + self.vat_cents


def rounded(cents: Decimal) -> int:
    """Return whole cents; halves go up."""
    return int(cents.quantize(_ONE, ROUND_HALF_UP))


def line_net(quantity: Decimal, unit_price_cents: int) -> int:
    """Return a line without tax, in cents."""
    return rounded(quantity * unit_price_cents)


def tax_of(base_cents: int, rate: Decimal) -> int:
    """Return the tax on a base, in cents; `rate` in per cent."""
    return rounded(base_cents * rate / 100)


def amounts(lines: Sequence[tuple[Decimal, int, Vat]]) -> Amounts:
    """Return the amounts of lines, each a quantity, a unit price in cents and its VAT."""
    counted = tuple(
        Line(
            position=position,
            quantity=quantity,
            unit_price_cents=price,
            net_cents=line_net(quantity, price),
            vat=vat,
        )
        for position, (quantity, price, vat) in enumerate(lines, start=1)
    )
    groups = tuple(
        Group(vat=vat, base_cents=base, vat_cents=tax_of(base, vat.rate))
        for vat, base in _bases(counted)
    )
    return Amounts(lines=counted, groups=groups)


def _bases(lines: Iterable[Line]) -> list[tuple[Vat, int]]:
    by_vat = sorted(lines, key=lambda line: line.vat)
    return [
        (vat, sum(line.net_cents for line in group))
        for vat, group in groupby(by_vat, key=lambda line: line.vat)
    ]


class CreditsTooMuch(Exception):
    """More would be credited than is left; `position` says of which line."""

    def __init__(self, position: int) -> None:
        super().__init__(position)
        self.position = position


def credit(
    invoice: Amounts, before: Sequence[Amounts], wanted: Mapping[int, Decimal] | None = None
) -> Amounts:
    """Return the amounts of a credit note on `invoice`, after the credit notes `before`.

    `wanted`: quantities by position of line; None: all that is left. Raises CreditsTooMuch.
    """
    left = {
        line.position: (
            line.quantity - sum(_quantities(before, line.position)),
            line.net_cents - sum(_nets(before, line.position)),
        )
        for line in invoice.lines
    }
    taken = {position: quantity for position, (quantity, _net) in left.items()}
    if wanted is not None:
        taken = {position: wanted.get(position, Decimal(0)) for position in left}
    lines = []
    for line in invoice.lines:
        quantity, (quantity_left, net_left) = taken[line.position], left[line.position]
        if not 0 <= quantity <= quantity_left:
            raise CreditsTooMuch(line.position)
        if quantity:
            is_all = quantity == quantity_left
            net = net_left if is_all else min(net_left, line_net(quantity, line.unit_price_cents))
            lines.append(
                Line(
                    position=line.position,
                    quantity=quantity,
                    unit_price_cents=line.unit_price_cents,
                    net_cents=net,
                    vat=line.vat,
                )
            )
    groups = []
    for vat, base in _bases(lines):
        base_left, vat_left = _group_left(invoice, before, vat)
        tax = vat_left if base == base_left else min(vat_left, tax_of(base, vat.rate))
        groups.append(Group(vat=vat, base_cents=base, vat_cents=tax))
    return Amounts(lines=tuple(lines), groups=tuple(groups))


def _quantities(papers: Sequence[Amounts], position: int) -> list[Decimal]:
    return [line.quantity for paper in papers for line in paper.lines if line.position == position]


def _nets(papers: Sequence[Amounts], position: int) -> list[int]:
    return [line.net_cents for paper in papers for line in paper.lines if line.position == position]


def _group_left(invoice: Amounts, before: Sequence[Amounts], vat: Vat) -> tuple[int, int]:
    mine = next(group for group in invoice.groups if group.vat == vat)
    gone = [group for paper in before for group in paper.groups if group.vat == vat]
    return (
        mine.base_cents - sum(group.base_cents for group in gone),
        mine.vat_cents - sum(group.vat_cents for group in gone),
    )
