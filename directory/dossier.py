"""The file of a company (*dossier*): what happened to it across the portal, and what comes next.

Each app registers where its lines come from; nothing is copied, a line is read where it lives.
Source: mechanics 0.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from directory.models import Company, SharedItem
from emn.accounts.models import User
from emn.lib.registry import Registry

LINES_PER_PAGE = 30
_SEPARATOR = "."  # « need.12 »: a source, and the row it reads
Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class Step:
    """What a company may do next: an invitation in a few words, and where."""

    text: str | Promise
    url_name: str

    @property
    def href(self) -> str:
        """Return the address, in the language of the page."""
        return reverse(self.url_name)


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened, or will: the row it is read from, when, and in what words.

    `then`: the step it calls for.
    """

    pk: int | UUID
    at: datetime
    title: str
    detail: str = ""
    href: str = ""
    then: Step | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What a source is asked for: the newest lines of a company before an instant.

    `reader`: the member who reads, None for an agent; `only`: the rows that may be told, all when
    None.
    """

    company: Company
    reader: User | None
    before: datetime | None = None
    only: Collection[str] | None = None

    def newest(self, rows: QuerySet[Row], at: str) -> QuerySet[Row]:
        """Cut `rows`, whose instant is the field `at`, to what is asked."""
        if self.only is not None:
            rows = rows.filter(pk__in=self.only)
        if self.before is not None:
            rows = rows.filter(**{f"{at}__lt": self.before})
        return rows.order_by(f"-{at}", "-pk")[: LINES_PER_PAGE + 1]


@dataclass(frozen=True, kw_only=True)
class Source:
    """A kind of lines, in a fixed number of queries."""

    key: str
    order: int
    label: str | Promise
    lines: Callable[[Asked], Iterable[Line]]


@dataclass(frozen=True, slots=True)
class Item:
    """A line in its file: `key` names it for good; `shared`: advisers of the centre read it."""

    source: Source
    line: Line
    key: str
    shared: bool


@dataclass(frozen=True, slots=True)
class File:
    """A page of a file, the newest first; `older`: where the next page starts, None at the end."""

    items: list[Item]
    older: datetime | None
    next_step: Step


sources = Registry[Source]()
register = sources.register

FIRST_STEP = Step(
    _("Faites le point : quatorze questions, six minutes, six actions à votre portée."),
    "diagnostics:start",
)


def file_of(company: Company, *, reader: User, before: datetime | None = None) -> File:
    """Return a page of the file for one of the company’s people: everything."""
    shared = set(_shared_keys(company))
    asked = Asked(company, reader, before)
    return _page([item for source in sources for item in _items(source, asked, shared)])


def shared_file_of(company: Company, *, before: datetime | None = None) -> File:
    """Return a page of the file for an adviser: what the company shares, and nothing else."""
    shared = set(_shared_keys(company))
    rows: dict[str, list[str]] = {}
    for key in shared:
        name, row = _read(key)
        rows.setdefault(name, []).append(row)
    return _page(
        [
            item
            for source in sources
            if source.key in rows
            for item in _items(source, Asked(company, None, before, rows[source.key]), shared)
        ]
    )


def holds(company: Company, key: str) -> bool:
    """Tell whether `key` names a line of that company."""
    name, row = _read(key)
    try:
        return any(
            True
            for source in sources
            if source.key == name
            for _line in source.lines(Asked(company, None, only=[row]))
        )
    except (ValueError, ValidationError):  # what was sent is no key of a row
        return False


def _items(source: Source, asked: Asked, shared: Collection[str]) -> Iterator[Item]:
    for line in source.lines(asked):
        key = f"{source.key}{_SEPARATOR}{line.pk}"
        yield Item(source, line, key, key in shared)


def _read(key: str) -> tuple[str, str]:
    name, _separator, row = key.partition(_SEPARATOR)
    return name, row


def _shared_keys(company: Company) -> Iterable[str]:
    return SharedItem.objects.standing().filter(company=company).values_list("key", flat=True)


def _page(found: list[Item]) -> File:
    """Cut after a page; lines of the same instant stay together."""
    found.sort(key=lambda item: (item.line.at, item.key), reverse=True)
    page = found[:LINES_PER_PAGE]
    page += [item for item in found[LINES_PER_PAGE:] if item.line.at == page[-1].line.at]
    older = page[-1].line.at if len(found) > len(page) else None
    steps = (item.line.then for item in page)
    return File(page, older, next((step for step in steps if step), FIRST_STEP))
