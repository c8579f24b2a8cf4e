"""The contrasts of the design page are those of the tokens, and text can be read."""

import re

import pytest

from tests.architecture.test_code import ROOT

TEXT_RATIO = 4.5  # WCAG 2.2, 1.4.3
_TOKEN = re.compile(r"--([a-z-]+):\s*#([0-9a-f]{6}|[0-9a-f]{3});")
_ROW = re.compile(
    r"^\| `([a-z-]+)`[^|]* \| `([a-z-]+)`[^|]* \| ([\d.]+) \| ([\d.]+) \|$", re.MULTILINE
)

DESIGN = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
_light, _, _rest = (
    (ROOT / "static" / "css" / "tokens.css")
    .read_text(encoding="utf-8")
    .partition("(prefers-color-scheme: dark)")
)
LIGHT = dict(_TOKEN.findall(_light))
DARK = LIGHT | dict(_TOKEN.findall(_rest.partition("@media")[0]))


def luminance(colour):
    """Return the relative luminance of a colour (WCAG 2.2, definitions)."""
    whole = colour if len(colour) == 6 else "".join(2 * sign for sign in colour)
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (int(whole[at : at + 2], 16) / 255 for at in (0, 2, 4))
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(tokens, one, other):
    low, high = sorted((luminance(tokens[one]), luminance(tokens[other])))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(("one", "other", "light", "dark"), _ROW.findall(DESIGN))
def test_ratio_is_the_one_that_is_written(one, other, light, dark):
    computed = [f"{contrast(tokens, one, other):.1f}" for tokens in (LIGHT, DARK)]

    assert computed == [light, dark]


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
def test_text_stands_out_from_its_ground(tokens):
    pairs = _ROW.findall(DESIGN.partition("## Text")[2].partition("\n## ")[0])

    faint = [
        (text, ground) for text, ground, *_ in pairs if contrast(tokens, text, ground) < TEXT_RATIO
    ]

    assert (bool(pairs), faint) == (True, [])
