"""How the solidarity bridge counts and keeps time, and how it knows an organisation."""

import re
from datetime import timedelta

from stdnum.fr import siret as siret_number

LIVES_FOR = timedelta(days=90)  # an ad, since it was published or renewed
REMIND_BEFORE = timedelta(days=14)  # its end: one message a period
RENEWED_AFTER = timedelta(days=1)  # a button pressed again and again writes once
MOST = 1_000  # machines, rooms or hours of one ad, and of one count
MOST_ALIVE_PER_MAILBOX = 5
MOST_REPLIES_PER_AD = 30

_RNA = re.compile(r"W[0-9]{9}", re.ASCII)
_SEPARATORS = re.compile(r"[\s.\-]+")
_ABROAD = r"(?:\+|\b00[\s./\-]?)\d{2}[\s./\-]?(?:\(0\)[\s./\-]?)?"
_TELEPHONE = rf"(?:{_ABROAD}|\b0)[1-9](?:[\s./\-]?\d{{2}}){{4}}\b"
_WEB = r"https?://|\bwww\.|\w\.(?:fr|com|net|org|eu|de|lu)\b"
_ADDRESS = re.compile(rf"\S@\S|{_WEB}|{_TELEPHONE}", re.IGNORECASE)


def siret_of(typed: str) -> str | None:
    """Return the fourteen digits of a SIRET whose key is right (Luhn), else None.

    >>> siret_of("418 166 096 00069")
    '41816609600069'
    """
    number = _SEPARATORS.sub("", typed)
    return number if number.isascii() and siret_number.is_valid(number) else None


def association_number_of(typed: str) -> str | None:
    """Return an RNA number (W and nine digits) or a SIRET as it is kept, else None.

    >>> association_number_of("w 572 001 234")
    'W572001234'
    """
    number = _SEPARATORS.sub("", typed).upper()
    return number if _RNA.fullmatch(number) else siret_of(typed)


def gives_an_address(text: str) -> bool:
    """Tell whether a text that everyone reads holds an address, an e-mail or a telephone."""
    return _ADDRESS.search(text) is not None


def agreed(one: int | None, other: int | None) -> int:
    """Return what both sides say: the smaller of the two; nothing until both have spoken."""
    return 0 if one is None or other is None else min(one, other)
