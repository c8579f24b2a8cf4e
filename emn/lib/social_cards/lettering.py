"""Words on a picture: which face draws a sign, where lines break, what is cut."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path

from PIL import ImageDraw, ImageFont

FONTS = Path(__file__).parents[1] / "pdf_fonts"
HEADING = "bricolage-grotesque-700.ttf"
BODY = "atkinson-hyperlegible-next-400.ttf"
BOLD = "atkinson-hyperlegible-next-700.ttf"
_OTHERS = ("noto-sans-arabic-700.ttf", "wqy-microhei.ttc")  # for names that those cannot write
# Control, format, private, surrogate signs, and marks stacked on letters: nothing to draw.
_UNDRAWN = {"Cc", "Cf", "Co", "Cs", "Cn", "Mn", "Me"}
_NOBODYS = "\U0010ffff"
_NO_BREAK = str.maketrans({"\u00a0": " ", "\u202f": " "})
_PLAIN = str.maketrans({"\u2011": "-", "\u2010": "-"})


@dataclass(frozen=True, slots=True)
class Style:
    """A face of the portal at a size, in pixels."""

    face: str
    size: int

    def width(self, text: str) -> float:
        """Return the width of a line, in pixels."""
        return sum(_font(face, self.size).getlength(part) for face, part in self._parts(text))

    def write(
        self, pen: ImageDraw.ImageDraw, at: tuple[float, float], text: str, fill: str
    ) -> None:
        """Write a line whose left end stands on the baseline at `at`."""
        left, base = at
        for face, part in self._parts(text):
            font = _font(face, self.size)
            pen.text((left, base), part, font=font, fill=fill, anchor="ls")
            left += font.getlength(part)

    def _parts(self, text: str) -> Iterator[tuple[str, str]]:
        plain = text.translate(_NO_BREAK)
        for face, signs in groupby(plain, key=lambda sign: _face(self.face, sign) or self.face):
            yield face, "".join(signs)


@cache
def _font(face: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONTS / face), size)


@cache
def _face(wanted: str, sign: str) -> str | None:
    """Return the face that draws a sign: the wanted one, else one of the others, else none."""
    if sign.isspace():
        return wanted
    return next((face for face in (wanted, *_OTHERS) if _has(face, sign)), None)


def _has(face: str, sign: str) -> bool:
    """Whether a face draws a sign otherwise than one that no face has."""
    drawn, lacking = (_font(face, 24).getmask(each) for each in (sign, _NOBODYS))
    return drawn.getbbox() is not None and bytes(drawn) != bytes(lacking)


def drawable(text: str, face: str, *, most: int) -> str:
    """Return the first `most` signs of a text without what no face can draw."""
    composed = unicodedata.normalize("NFC", text[:most]).translate(_PLAIN)
    signs = (
        " " if sign.isspace() and sign not in "\u00a0\u202f" else sign
        for sign in composed
        if sign.isspace() or (unicodedata.category(sign) not in _UNDRAWN and _face(face, sign))
    )
    return " ".join(word for word in "".join(signs).split(" ") if word.translate(_NO_BREAK).strip())


def fitted(
    text: str, face: str, sizes: tuple[tuple[int, int], ...], *, width: float
) -> tuple[Style, list[str]]:
    """Return the largest style in which the text holds, and its lines.

    `sizes`: (pixels, most lines), the largest first. At the last, words too long for a line are
    broken, and what is left over is cut.
    """
    for size, most_lines in sizes:
        style = Style(face, size)
        lines = _wrapped(text.split(" "), style, width)
        if len(lines) <= most_lines and all(style.width(line) <= width for line in lines):
            return style, lines
    words = [part for word in text.split(" ") for part in _broken(word, style, width)]
    lines = _wrapped(words, style, width)
    if len(lines) > most_lines:
        lines = [*lines[: most_lines - 1], _cut(lines[most_lines - 1], style, width)]
    return style, lines


def _wrapped(words: list[str], style: Style, width: float) -> list[str]:
    lines: list[str] = []
    for word in words:
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and style.width(longer) <= width:
            lines[-1] = longer
        elif word:
            lines.append(word)
    return lines


def _broken(word: str, style: Style, width: float) -> list[str]:
    """Return the parts of a word, each no wider than a line; all but the last end in a hyphen."""
    parts = []
    while style.width(word) > width:
        end = next(at for at in range(len(word), 0, -1) if style.width(f"{word[:at]}-") <= width)
        parts.append(f"{word[:end]}-")
        word = word[end:]
    return [*parts, word]


def _cut(line: str, style: Style, width: float) -> str:
    while line and style.width(f"{line}…") > width:
        line = line[:-1]
    return f"{line.rstrip(' -,;:.')}…"
