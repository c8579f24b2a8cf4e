"""The contrasts of the design page are those of the tokens, and text can be read."""

import re

import pytest

from emn.lib import colours
from tests.architecture.test_code import ROOT

_ROW = re.compile(
    r"^\| `([a-z-]+)`[^|]* \| `([a-z-]+)`[^|]* \| ([\d.]+) \| ([\d.]+) \|$", re.MULTILINE
)

DESIGN = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
LIGHT, DARK = colours.tokens((ROOT / "static" / "css" / "tokens.css").read_text(encoding="utf-8"))


def contrast(tokens, one, other):
    return colours.contrast(tokens[one], tokens[other])


@pytest.mark.parametrize(("one", "other", "light", "dark"), _ROW.findall(DESIGN))
def test_ratio_is_the_one_that_is_written(one, other, light, dark):
    computed = [f"{contrast(tokens, one, other):.1f}" for tokens in (LIGHT, DARK)]

    assert computed == [light, dark]


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
def test_text_stands_out_from_its_ground(tokens):
    pairs = _ROW.findall(DESIGN.partition("## Text")[2].partition("\n## ")[0])

    faint = [
        (text, ground)
        for text, ground, *_ in pairs
        if contrast(tokens, text, ground) < colours.TEXT_RATIO
    ]

    assert (bool(pairs), faint) == (True, [])


def test_a_centre_is_held_to_the_pairs_of_the_page():
    pairs = _ROW.findall(DESIGN.partition("## Text")[2].partition("\n## ")[0])

    assert {(text, ground) for text, ground, *_ in pairs} == set(colours.TEXT)
