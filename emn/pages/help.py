"""The help that the portal ships: short answers, kept as pages that staff may rewrite."""

import json
from functools import cache
from pathlib import Path
from typing import TypedDict

FILE = Path(__file__).parent / "data" / "help.json"


class HelpText(TypedDict):
    """The words of an answer in one language."""

    title: str
    summary: str
    text: str


class HelpEntry(TypedDict):
    """One answer: its address, whom it is for, its words by language, French first."""

    slug: str
    audience: str
    texts: dict[str, HelpText]


@cache
def shipped() -> list[HelpEntry]:
    """Return the answers in the order that the page of help shows them."""
    entries: list[HelpEntry] = json.loads(FILE.read_text(encoding="utf-8"))
    return entries
