"""Files that only the key opens, of any size in constant memory.

A sealed file is `MAGIC`, a salt, then chunks encrypted by AES-256-GCM. A chunk's nonce holds its
number and whether it is the last one: none can be moved, left out or cut off unseen (the STREAM
construction). Each file has a key of its own, drawn from the portal's key, the salt and the file's
label: one cannot stand in for another.

Source: Hoang, Reyhanitabar, Rogaway, Vizár, « Online Authenticated-Encryption », 2015; RFC 5869.
"""

import hashlib
import hmac
import secrets
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

CHUNK = 1024 * 1024  # bytes of plain text
_MAGIC = b"EMNSEAL1"
_SALT = 16
_TAG = 16
_PURPOSE = b"emn.lib.backups"


class Broken(Exception):
    """The file is not what was sealed under this label: cut, altered, or of another key."""


def derive(key: str, purpose: str, *, salt: bytes = b"") -> bytes:
    """Return 32 bytes drawn from the portal's key for one purpose."""
    info = _PURPOSE + b"\0" + purpose.encode()
    return HKDF(algorithm=SHA256(), length=32, salt=salt or None, info=info).derive(key.encode())


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([is_last])


class SealedWriter:
    """Writes a sealed file; `close` ends it, without which it never opens again."""

    def __init__(self, file: IO[bytes], *, key: str, label: str) -> None:
        salt = secrets.token_bytes(_SALT)
        self._file = file
        self._cipher = AESGCM(derive(key, label, salt=salt))
        self._waiting = bytearray()
        self._number = 0
        self._digest = hashlib.sha256()
        self.written = 0
        self._put(_MAGIC + salt)

    def write(self, data: bytes) -> int:
        """Add plain text."""
        self._waiting += data
        while len(self._waiting) > CHUNK:
            self._seal(bytes(self._waiting[:CHUNK]), is_last=False)
            del self._waiting[:CHUNK]
        return len(data)

    def close(self) -> None:
        """Write the last chunk; the file itself stays open."""
        self._seal(bytes(self._waiting), is_last=True)
        self._waiting.clear()

    @property
    def digest(self) -> str:
        """SHA-256 of the sealed bytes."""
        return self._digest.hexdigest()

    def _seal(self, chunk: bytes, *, is_last: bool) -> None:
        self._put(self._cipher.encrypt(_nonce(self._number, is_last=is_last), chunk, None))
        self._number += 1

    def _put(self, data: bytes) -> None:
        self._file.write(data)
        self._digest.update(data)
        self.written += len(data)


class SealedReader:
    """Reads a sealed file from its beginning. Raises Broken as soon as something is amiss."""

    def __init__(self, file: IO[bytes], *, key: str, label: str) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        head = self._take(len(_MAGIC) + _SALT)
        if len(head) < len(_MAGIC) + _SALT or not head.startswith(_MAGIC):
            raise Broken(label)
        self._label = label
        self._cipher = AESGCM(derive(key, label, salt=head[len(_MAGIC) :]))
        self._number = 0
        self._plain = b""
        self._place = 0
        self._ahead = self._take(CHUNK + _TAG)
        self._ended = False

    def read(self, size: int = -1) -> bytes:
        """Return at most `size` bytes of plain text, all that is left when negative."""
        parts: list[bytes] = []
        wanted = size
        while wanted != 0 and self._fill():
            end = None if wanted < 0 else self._place + wanted
            part = self._plain[self._place : end]
            self._place += len(part)
            parts.append(part)
            wanted -= len(part) if wanted > 0 else 0
        return b"".join(parts)

    @property
    def digest(self) -> str:
        """SHA-256 of the sealed bytes read so far."""
        return self._digest.hexdigest()

    def _fill(self) -> bool:
        """Have plain text at hand; tell whether there is any left."""
        while self._place >= len(self._plain):
            if self._ended:
                return False
            sealed, self._ahead = self._ahead, self._take(CHUNK + _TAG)
            self._ended = not self._ahead
            try:
                nonce = _nonce(self._number, is_last=self._ended)
                self._plain = self._cipher.decrypt(nonce, sealed, None)
            except InvalidTag:
                raise Broken(self._label) from None
            self._number, self._place = self._number + 1, 0
        return True

    def _take(self, size: int) -> bytes:
        data = self._file.read(size)
        self._digest.update(data)
        return data


def signature(key: str, text: str) -> str:
    """Return what proves that the holder of the key wrote this text."""
    return hmac.new(derive(key, "signature"), text.encode(), hashlib.sha256).hexdigest()


def name_of_key(key: str) -> str:
    """Return what tells keys apart without giving one away."""
    return derive(key, "name").hex()[:16]


class Hashing:
    """Passes on what is written to `target`, and keeps its digest."""

    def __init__(self, target: IO[bytes]) -> None:
        self._target = target
        self._digest = hashlib.sha256()

    def write(self, data: bytes) -> int:
        self._digest.update(data)
        return self._target.write(data)

    @property
    def digest(self) -> str:
        return self._digest.hexdigest()
