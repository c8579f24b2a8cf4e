"""The registry of indicators: what observatory/data/indicators.json says each measures. Pure."""

import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).parents[1] / "data"
FILE = DATA / "indicators.json"
VIEWS = ("evolution", "items", "activities", "sizes", "epci", "communes")

Words = dict[str, str]  # language → words


def said(words: Words, language: str) -> str:
    """Return the words in the language, or in French."""
    return words.get(language) or words["fr"]


@dataclass(frozen=True, slots=True)
class Break:
    """A dated break: what lies on either side of `on` (ISO day) is not compared."""

    on: str
    text: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """One indicator and its method card.

    `definition`: version of the definition; another one makes a dated break. `builder`: which
    function counts it. `cadence`: how often a new release may come: `change`, `monthly`,
    `quarterly`. `privacy`: `open` (public facts, R6.06) or `survey` (R6.02). `scale`: the top of
    the axis when the unit has one, 0 otherwise. `lead`: the item that speaks for it where none adds
    up. `one`: the unit of a single one.
    """

    code: str
    theme: str
    definition: str
    builder: str
    method: Words
    is_sourced: bool
    is_thermometer: bool
    title: Words
    unit: Words
    text: Words
    population: Words
    views: tuple[str, ...]
    one: Words = field(default_factory=dict)
    nomenclature: str = ""
    privacy: str = "open"
    cadence: str = "change"
    decimals: int = 0
    scale: float = 0
    home: bool = False
    lead: str = ""
    breaks: tuple[Break, ...] = field(default=())

    @property
    def is_protected(self) -> bool:
        """Whether its cells pass the rules of secrecy."""
        return self.privacy == "survey"

    def unit_of(self, number: float, language: str) -> str:
        """Return the unit of a number: zero is one in French, and only there."""
        is_one = number < 2 if language == "fr" else number == 1  # noqa: PLR2004 -- French grammar
        return said(self.one if self.one and is_one else self.unit, language)


@dataclass(frozen=True, slots=True)
class Theme:
    """A family of indicators on the first page."""

    code: str
    title: Words


@dataclass(frozen=True, slots=True)
class Registry:
    """Everything the file holds."""

    themes: tuple[Theme, ...]
    indicators: dict[str, Indicator]
    proofs: dict[str, Words]


@cache
def registry() -> Registry:
    """Read the file; raise ValueError when it does not hold together."""
    content = json.loads(FILE.read_text(encoding="utf-8"))
    themes = tuple(Theme(entry["code"], entry["title"]) for entry in content["themes"])
    found = {
        entry["code"]: _indicator(entry, content["methods"]) for entry in content["indicators"]
    }
    if len(found) != len(content["indicators"]):
        raise ValueError("an indicator is registered twice")
    for indicator in found.values():
        if indicator.theme not in {theme.code for theme in themes}:
            raise ValueError(f"{indicator.code}: unknown theme {indicator.theme}")
        if unknown := set(indicator.views) - set(VIEWS):
            raise ValueError(f"{indicator.code}: unknown views {unknown}")
    return Registry(themes, found, content["proofs"])


def _indicator(entry: dict[str, Any], methods: dict[str, Words]) -> Indicator:
    values = dict(entry)
    method = values.pop("method")
    values["breaks"] = tuple(Break(**found) for found in values.pop("breaks", ()))
    values["views"] = tuple(values["views"])
    return Indicator(
        method=methods[method],
        is_sourced=method == "sourced",
        is_thermometer=method == "portal",
        **values,
    )


def indicators() -> dict[str, Indicator]:
    """Return the indicators by code, in the order of the file."""
    return registry().indicators
