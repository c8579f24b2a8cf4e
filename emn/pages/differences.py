"""What changed between two texts: lines first, then the words of the lines that differ."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

SAME, REMOVED, ADDED = "same", "removed", "added"
MOST_WORDS = 2_000  # compared one by one; a longer passage is shown as taken out and put in
_WORDS = re.compile(r"\s+|\S+")


@dataclass(frozen=True)
class Piece:
    """A run of signs that both texts have, or one of them."""

    kind: str
    text: str


def changes(before: str, after: str) -> list[Piece]:
    """Return the pieces, in order: those not added make `before`, those not removed `after`."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    pieces: list[Piece] = []
    for kind, gone, come in _compared(old, new):
        words = _WORDS.findall(gone), _WORDS.findall(come)
        if kind == "replace" and len(words[0]) + len(words[1]) <= MOST_WORDS:
            for inner, one, other in _compared(*words):
                pieces += _pieces(inner, one, other)
        else:
            pieces += _pieces(kind, gone, come)
    return pieces


def _compared(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for kind, from_old, to_old, from_new, to_new in matcher.get_opcodes():
        yield kind, "".join(old[from_old:to_old]), "".join(new[from_new:to_new])


def _pieces(kind: str, gone: str, come: str) -> Iterator[Piece]:
    if kind == "equal":
        yield Piece(SAME, gone)
        return
    if gone:
        yield Piece(REMOVED, gone)
    if come:
        yield Piece(ADDED, come)
