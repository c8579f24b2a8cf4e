"""Which members are audited this year (rules M8). Pure: the same answer for whoever asks again.

seed = SHA-256 of « year/value », the value being public and fixed in advance; a member’s number
= SHA-256 of « seed/SIREN ». The smallest numbers are drawn, 10 % of them, rounded up.
"""

import re
from collections.abc import Iterable
from hashlib import sha256

PERCENT = 10
_NUMBERS, _HIGHEST, _HIGHEST_CHANCE = 5, 49, 10


def value_of(typed: str) -> str:
    """Return a draw of the Loto as the seed reads it: five rising numbers, then the chance number.

    Spaces and commas are set right: « 34, 5, 12 23 45 7 » is 5-12-23-34-45-7. Raises ValueError.
    """
    found = [int(digits) for digits in re.findall(r"\d+", typed)]
    if len(found) != _NUMBERS + 1:
        raise ValueError("five numbers and a chance number")
    numbers, chance = sorted(found[:_NUMBERS]), found[_NUMBERS]
    if len(set(numbers)) < _NUMBERS or numbers[0] < 1 or numbers[-1] > _HIGHEST:
        raise ValueError("five different numbers from 1 to 49")
    if not 1 <= chance <= _HIGHEST_CHANCE:
        raise ValueError("a chance number from 1 to 10")
    return "-".join(map(str, [*numbers, chance]))


def seed(year: int, value: str) -> str:
    """Return what the numbers of a year start from, in 64 hexadecimal digits."""
    return sha256(f"{year}/{value}".encode()).hexdigest()


def number(siren: str, seed: str) -> str:
    """Return a member's number, in 64 hexadecimal digits; the smaller is drawn first."""
    return sha256(f"{seed}/{siren}".encode()).hexdigest()


def drawn(sirens: Iterable[str], seed: str, *, percent: int = PERCENT) -> list[str]:
    """Return the members drawn, in the order of their numbers."""
    rows = sorted(set(sirens), key=lambda siren: number(siren, seed))
    return rows[: -(-len(rows) * percent // 100)]


def digest(sirens: Iterable[str]) -> str:
    """Return the SHA-256 of the members, one a line, in order: fixed before the value is known."""
    return sha256("\n".join(sorted(sirens)).encode()).hexdigest()
