"""How alike two cards are, and which cards are worth comparing at all. Pure: no Django.

A million cards make half a million million pairs: only cards that share a key are compared, and a
key that too many share says nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b

from rapidfuzz import fuzz

from emn.lib.text import digits, words

PROPOSED_FROM = 70  # points
MOST_PER_KEY = 30  # cards: beyond, the key is a hall of offices or a switchboard
_NAME_POINTS = 0.6  # for each percent of likeness of the names
_POINTS = {"siret": 25, "siren": 15, "address": 15, "phone": 20, "email": 20, "website": 20}
_SAME_NAME, _SAME_STREET = 85, 90  # percent
_SIREN_DIGITS = 9
_PHONE_DIGITS = 9  # the last ones: the same number with and without +33
_LEGAL_FORMS = frozenset({
    "sarl", "sas", "sasu", "eurl", "sa", "ei", "eirl", "scop", "sci", "snc", "sarlu",
    "gmbh", "ug", "ag",
})  # fmt: skip


@dataclass(frozen=True)
class Portrait:
    """What of a card is compared; `host` and `email` are empty when many firms share them."""

    pk: int
    name: str
    siret: str
    street: str
    commune: str
    phone: str
    email: str
    host: str

    @cached_property
    def name_words(self) -> list[str]:
        """The telling words of the name, folded."""
        found = words(self.name)
        return [word for word in found if word not in _LEGAL_FORMS] or found

    @cached_property
    def name_key(self) -> str:
        """The telling words in one order, whatever that of the name."""
        return " ".join(sorted(self.name_words))

    @cached_property
    def street_key(self) -> str:
        """The street, folded."""
        return " ".join(words(self.street))

    @cached_property
    def phone_end(self) -> str:
        """The end of the number, the same however it is written."""
        return digits(self.phone)[-_PHONE_DIGITS:]


def keys(card: Portrait) -> Iterator[int]:
    """Yield 64-bit keys: two cards that share none are not compared."""
    name = card.name_words
    parts = (
        ("n", card.siret[:_SIREN_DIGITS]),
        ("p", card.phone_end if len(card.phone_end) == _PHONE_DIGITS else ""),
        ("e", card.email.lower()),
        ("w", card.host),
        ("a", f"{card.commune}{card.street_key}" if card.street else ""),
        ("c", f"{card.commune}{min(name)}" if name else ""),
        ("d", f"{card.commune}{max(name, key=len)}" if name else ""),
        ("t", card.name_key.replace(" ", "")),
    )
    for kind, value in parts:
        if value:
            hashed = blake2b(f"{kind}{value}".encode(), digest_size=8).digest()
            yield int.from_bytes(hashed, "big", signed=True)


def compare(one: Portrait, other: Portrait) -> tuple[int, list[str]]:
    """Return 0–100 points and the reasons, the codes of `Likeness`.

    The same SIREN alone makes no duplicate: a company may have two brands. One SIRET is one
    address: it does not count twice.
    """
    likeness = fuzz.ratio(one.name_key, other.name_key)
    reasons = ["name"] if likeness >= _SAME_NAME else []
    if one.siret == other.siret:
        reasons.append("siret")
    else:
        if one.siret[:_SIREN_DIGITS] == other.siret[:_SIREN_DIGITS]:
            reasons.append("siren")
        if one.commune == other.commune and _same_street(one, other):
            reasons.append("address")
    same = {
        "phone": (one.phone_end, other.phone_end),
        "email": (one.email.lower(), other.email.lower()),
        "website": (one.host, other.host),
    }
    reasons += [reason for reason, (mine, theirs) in same.items() if mine and mine == theirs]
    nearby = one.commune == other.commune and "name" in reasons
    points = likeness * _NAME_POINTS + sum(_POINTS.get(reason, 0) for reason in reasons)
    return min(100, round(points + (10 if nearby else 0))), reasons


def is_likely(score: int, reasons: list[str]) -> bool:
    """Tell whether staff should compare the two: alike enough, and not for one number alone."""
    return score >= PROPOSED_FROM and ("name" in reasons or len(reasons) > 1)


def _same_street(one: Portrait, other: Portrait) -> bool:
    streets = one.street_key, other.street_key
    return all(streets) and fuzz.ratio(*streets) >= _SAME_STREET
