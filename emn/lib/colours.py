"""Colours of the style sheet and the contrasts that WCAG 2.2 asks of them. Pure.

A mode is a dictionary: name of a token → hexadecimal colour without its #.
"""

import math
import re
from collections.abc import Iterator, Mapping

TEXT_RATIO = 4.5  # WCAG 2.2, 1.4.3
EDGE_RATIO = 3.0  # WCAG 2.2, 1.4.11
# Text and its ground, as docs/design.md lists them.
TEXT = (
    ("ink", "paper"), ("ink", "raised"), ("ink", "wash"), ("ink", "info-wash"),
    ("ink", "success-wash"), ("ink", "alert-wash"), ("muted", "paper"), ("muted", "raised"),
    ("muted", "wash"), ("river", "paper"), ("river", "raised"), ("river", "wash"),
    ("river", "info-wash"), ("on-river", "river"), ("ember", "paper"), ("ember", "raised"),
    ("on-ember", "ember"), ("on-ember", "ember-strong"), ("on-mirabelle", "mirabelle"),
    ("alert", "paper"), ("alert", "raised"), ("alert", "alert-wash"), ("success", "paper"),
    ("success", "success-wash"), ("on-class", "class-a"), ("on-class", "class-b"),
    ("on-class", "class-c"), ("on-class", "class-d"), ("paper", "ink"),
)  # fmt: skip
EDGES = (("line", "paper"), ("line", "raised"), ("line", "wash"))
COLOUR = re.compile(r"#([0-9a-f]{6}|[0-9a-f]{3})", re.IGNORECASE)
_WHOLE = 6  # digits
_DARKEST = 0.04045  # below it, the scale of sRGB is straight
_TOKEN = re.compile(r"--([a-z-]+):\s*#([0-9a-f]{6}|[0-9a-f]{3});")


def tokens(sheet: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return the colours that a style sheet gives by light and by dark."""
    light, _, rest = sheet.partition("(prefers-color-scheme: dark)")
    by_light = dict(_TOKEN.findall(light))
    return by_light, by_light | dict(_TOKEN.findall(rest.partition("@media")[0]))


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour (WCAG 2.2, definitions)."""
    whole = colour if len(colour) == _WHOLE else "".join(2 * sign for sign in colour)
    red, green, blue = (
        part / 12.92 if part <= _DARKEST else math.pow((part + 0.055) / 1.055, 2.4)
        for part in (int(whole[at : at + 2], 16) / 255 for at in (0, 2, 4))
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the ratio of two colours, from 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def faint(mode: Mapping[str, str]) -> Iterator[tuple[str, str, float, float]]:
    """Yield (sign, ground, ratio, ratio wanted) of each pair that does not stand out enough."""
    for pairs, wanted in ((TEXT, TEXT_RATIO), (EDGES, EDGE_RATIO)):
        for sign, ground in pairs:
            ratio = contrast(mode[sign], mode[ground])
            if ratio < wanted:
                yield sign, ground, ratio, wanted
