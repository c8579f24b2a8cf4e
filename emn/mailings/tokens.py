"""The secrets that the links of a message carry: short, made a million times, tied to one use.

A token says who (and which list) in clear numbers, and proves that the portal wrote them. It is not
kept anywhere: whoever was erased is simply not found any more. Letters are small and digits few
(base 32): a return path passes through servers that fold its case.
"""

from base64 import b32decode, b32encode
from functools import lru_cache
from hashlib import blake2b
from hmac import compare_digest
from typing import Final

from django.conf import settings

PREFERENCES: Final = "preferences"  # (subscriber,): the preference page
LIST: Final = "list"  # (subscriber, list): leave one list, by its page or as RFC 8058 says
RETURN: Final = "return"  # (delivery,): the return path of one message (VERP, R3.05)
LINK: Final = "link"  # (link,): an address that a letter leads to, guessed by nobody
READER: Final = "reader"  # (subscriber,): whose invitation to a survey this is
VOTER: Final = "voter"  # (subscriber,): whose answer to a micro-survey this is, and nothing else
TRIAL: Final = "trial"  # (any number,): the return path of a trial, which is nobody's
_SIZES = {  # bytes: 8
    PREFERENCES: (8,), LIST: (6, 2), RETURN: (8,), LINK: (8,), READER: (8,), VOTER: (8,),
    TRIAL: (8,),
}  # fmt: skip
_BODY_SIZE, _MAC_SIZE = 8, 12  # bytes: 160 bits, or 32 signs without padding


def make(purpose: str, *numbers: int) -> str:
    """Return the token of these numbers: 32 signs of a–z and 2–7.

    Raises OverflowError above 2⁶⁴, or 2⁴⁸ people and 2¹⁶ lists.
    """
    sizes = _SIZES[purpose]
    body = b"".join(
        number.to_bytes(size, "big") for number, size in zip(numbers, sizes, strict=True)
    )
    return b32encode(body + _mac(body, purpose, settings.SECRET_KEY)).decode().lower()


def read(purpose: str, token: str) -> tuple[int, ...] | None:
    """Return the numbers of a token of that purpose; None when the portal did not make it."""
    try:
        content = b32decode(token.upper())
    except ValueError:
        return None
    body, mac = content[:_BODY_SIZE], content[_BODY_SIZE:]
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    if not any(compare_digest(mac, _mac(body, purpose, key)) for key in keys):
        return None
    numbers, at = [], 0
    for size in _SIZES[purpose]:
        numbers.append(int.from_bytes(body[at : at + size], "big"))
        at += size
    return tuple(numbers)


def _mac(body: bytes, purpose: str, secret: str) -> bytes:
    return blake2b(body, key=_key(secret, purpose), digest_size=_MAC_SIZE).digest()


@lru_cache(maxsize=16)
def _key(secret: str, purpose: str) -> bytes:
    return blake2b(f"emn.mailings.{purpose}:{secret}".encode(), digest_size=32).digest()
