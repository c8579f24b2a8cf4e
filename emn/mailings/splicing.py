"""One message for a million people: its MIME is built once, what is personal is put in its place.

Pure. Building a message takes Python's library longer than sending it. So it is built once, with
stand-ins as long as what will replace them: header and body lines then break at the same places. A
line break of quoted-printable may cut a stand-in: its pieces are found and replaced one by one.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_SOFT_BREAK = b"=\r\n"
_LINE_END = re.compile(rb"\r\n|\r|\n")
_LEADING_DOT = re.compile(rb"^\.", re.MULTILINE)


@dataclass(frozen=True)
class Spliced:
    """A message in pieces: between two literals, a part (start, stop) of a personal value.

    `stop` is None for the last part of a value.
    """

    literals: tuple[bytes, ...]
    slots: tuple[tuple[str, int, int | None], ...]

    def of(self, values: Mapping[str, bytes]) -> bytes:
        """Return the message of one person.

        A value is as long as its stand-in was, unless it stands on a line that is never broken.
        """
        pieces = [self.literals[0]]
        for (name, start, stop), literal in zip(self.slots, self.literals[1:], strict=True):
            pieces.append(values[name][start:stop])
            pieces.append(literal)
        return b"".join(pieces)


def for_smtp(message: bytes) -> bytes:
    """End its lines by CR LF and double a dot that starts one.

    What SMTP wants between DATA and the final dot (RFC 5321, 4.5.2).
    """
    return _LEADING_DOT.sub(b"..", _LINE_END.sub(b"\r\n", message))


def splice(message: bytes, stand_ins: Mapping[str, bytes]) -> Spliced:
    """Cut a message, made ready for SMTP, at its stand-ins: name → a word of letters and digits."""
    message = for_smtp(message)
    found = re.compile(b"|".join(b"(%b)" % _perhaps_cut(word) for word in stand_ins.values()))
    names = list(stand_ins)
    literals: list[bytes] = []
    slots: list[tuple[str, int, int | None]] = []
    at = 0
    for match in found.finditer(message):
        name = names[(match.lastindex or 1) - 1]
        literals.append(message[at : match.start()])
        *cut, _last = match[0].split(_SOFT_BREAK)
        start = 0
        for piece in cut:
            slots.append((name, start, start + len(piece)))
            literals.append(_SOFT_BREAK)
            start += len(piece)
        slots.append((name, start, None))
        at = match.end()
    return Spliced((*literals, message[at:]), tuple(slots))


def _perhaps_cut(word: bytes) -> bytes:
    """Return a pattern of the word, with or without soft breaks between its signs."""
    return (b"(?:%b)?" % re.escape(_SOFT_BREAK)).join(bytes([sign]) for sign in word)
