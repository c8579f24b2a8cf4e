"""The secrets that the links of a message carry: short, made a million times, tied to one use.

A token says who (and which list) in clear numbers, and proves that the portal wrote them. It is not
kept anywhere: whoever was erased is simply not found any more. Letters are small and digits few
(base 32): a return path passes through servers that fold its case.
"""

import struct
from base64 import b32decode, b32encode
from functools import lru_cache
from hashlib import blake2b
from hmac import compare_digest
from typing import Final

from django.conf import settings

PREFERENCES: Final = "preferences"  # (subscriber,): the preference page
LIST: Final = "list"  # (subscriber, list): leave one list, by its page or as RFC 8058 says
RETURN: Final = "return"  # (delivery,): the return path of one message (VERP, R3.05)
TRIAL: Final = "trial"  # (any number,): the return path of a trial, which is nobody's
_NUMBERS = {PREFERENCES: 1, LIST: 2, RETURN: 1, TRIAL: 1}
_NUMBER_SIZE, _MAC_SIZE = 8, 12  # bytes


def make(purpose: str, *numbers: int) -> str:
    """Return the token of these numbers, made of a–z and 2–7: 32 signs, or 45 for a list."""
    assert len(numbers) == _NUMBERS[purpose]
    body = struct.pack(f">{len(numbers)}Q", *numbers)
    return b32encode(body + _mac(body, purpose)).decode().rstrip("=").lower()


def read(purpose: str, token: str) -> tuple[int, ...] | None:
    """Return the numbers of a token of that purpose; None when the portal did not make it."""
    size = _NUMBERS[purpose] * _NUMBER_SIZE
    try:
        content = b32decode(token.upper() + "=" * (-len(token) % 8))
    except ValueError:
        return None
    body = content[:size]
    if len(content) != size + _MAC_SIZE or not compare_digest(content[size:], _mac(body, purpose)):
        return None
    return struct.unpack(f">{_NUMBERS[purpose]}Q", body)


def _mac(body: bytes, purpose: str) -> bytes:
    key = _key(settings.SECRET_KEY, purpose)
    return blake2b(body, key=key, digest_size=_MAC_SIZE).digest()


@lru_cache(maxsize=16)
def _key(secret: str, purpose: str) -> bytes:
    return blake2b(f"emn.mailings.{purpose}:{secret}".encode(), digest_size=32).digest()
