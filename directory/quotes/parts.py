"""What each part of a quote asks, in three languages: data (`directory/data/quote_parts.json`)."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.translation import get_language

from directory.quotes.completeness import Asked

FILE = Path(__file__).parent.parent / "data" / "quote_parts.json"


@dataclass(frozen=True, slots=True)
class Field:
    """One thing to write; `kind`: text (several lines), line or check."""

    key: str
    kind: str
    least: int
    labels: dict[str, str]
    helps: dict[str, str]

    @property
    def label(self) -> str:
        """Its name, in the language of the page."""
        return self.labels[get_language() or "fr"]

    @property
    def help(self) -> str:
        """What to write, in the language of the page."""
        return self.helps[get_language() or "fr"]


@dataclass(frozen=True, slots=True)
class Part:
    """One of the seven parts: `key` is the commitment (CharterClause), `slug` its address."""

    key: str
    slug: str
    number: int
    titles: dict[str, str]
    fields: tuple[Field, ...]

    @property
    def title(self) -> str:
        """Its title, in the language of the page."""
        return self.titles[get_language() or "fr"]


@dataclass(frozen=True, slots=True)
class Rules:
    """All that the file says. `hollow`: answers that say nothing; rates in percent."""

    parts: tuple[Part, ...]
    vat_rates: tuple[str, ...]
    most_lines: int
    most_months: int
    hollow: frozenset[str]

    @property
    def asked(self) -> dict[str, tuple[Asked, ...]]:
        """What completeness reads."""
        return {
            part.key: tuple(
                Asked(field.key, field.kind == "check", field.least) for field in part.fields
            )
            for part in self.parts
        }

    def part(self, slug: str) -> Part | None:
        """Return the part of that address."""
        return next((part for part in self.parts if part.slug == slug), None)


@cache
def rules() -> Rules:
    """Return what the data file says."""
    values: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return Rules(
        parts=tuple(
            Part(
                key=row["key"],
                slug=row["slug"],
                number=number,
                titles=row["title"],
                fields=tuple(
                    Field(
                        entry["key"], entry["kind"], entry["least"], entry["label"], entry["help"]
                    )
                    for entry in row["fields"]
                ),
            )
            for number, row in enumerate(values["parts"], start=1)
        ),
        vat_rates=tuple(values["vat_rates"]),
        most_lines=values["most_lines"],
        most_months=values["most_months"],
        hollow=frozenset(values["hollow"]),
    )
