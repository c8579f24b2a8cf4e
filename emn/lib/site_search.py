"""« Rechercher »: one question put to every app that answers it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise

from emn.lib.registry import Registry

MAX_LENGTH = 200  # characters kept of a question


@dataclass(frozen=True, kw_only=True)
class SearchHit:
    """One result: a page and why it may be the one; `language` that of the summary, if known."""

    title: str
    url: str
    summary: str = ""
    language: str = ""


@dataclass(frozen=True, kw_only=True)
class SearchHits:
    """The best results of one source, how many it has in all, and where the others are."""

    total: int
    hits: Sequence[SearchHit]
    more_url: str = ""


NOTHING = SearchHits(total=0, hits=())


@dataclass(frozen=True, kw_only=True)
class SearchSource:
    """One app's answer: `search(words, limit)` gets words as `clean` leaves them, never empty."""

    key: str
    order: int
    label: str | Promise
    search: Callable[[str, int], SearchHits]


sources = Registry[SearchSource]()
register = sources.register


def clean(asked: str) -> str:
    """Return what was asked as one short line of printable signs.

    >>> clean(" site \\x00 web ")
    'site web'
    """
    printable = "".join(sign if sign.isprintable() else " " for sign in asked[: 2 * MAX_LENGTH])
    return " ".join(printable.split())[:MAX_LENGTH].rstrip()
