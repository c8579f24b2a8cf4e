"""Whether a complaint is within the charter. Pure. Source: rules R1.04, F1.03."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from directory.enums import ClientKind, InadmissibleReason


@dataclass(frozen=True, slots=True)
class Facts:
    """What the scope is read of. `terms`: [first day, first day after) of each adhesion."""

    client_kind: str
    contract_on: date
    is_lowest_price: bool
    terms: tuple[tuple[date, date], ...]


def refusals(facts: Facts) -> list[InadmissibleReason]:
    """Return every reason why it is outside the charter; none when it is within."""
    found = []
    if facts.client_kind == ClientKind.CONSUMER:
        found.append(InadmissibleReason.CONSUMER)
    if facts.client_kind == ClientKind.LARGE:
        found.append(InadmissibleReason.LARGE)
    if not _is_within(facts.contract_on, facts.terms):
        found.append(InadmissibleReason.OUTSIDE_TERM)
    if facts.is_lowest_price:
        found.append(InadmissibleReason.LOWEST_PRICE)
    return found


def _is_within(day: date, terms: Iterable[tuple[date, date]]) -> bool:
    return any(first <= day < after for first, after in terms)
