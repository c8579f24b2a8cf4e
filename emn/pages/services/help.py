"""The shipped help: written as pages, kept up to date until staff writes them anew."""

from collections.abc import Callable
from datetime import datetime

from emn.pages.enums import PageKind
from emn.pages.help import HelpEntry, HelpText, shipped
from emn.pages.models import Page, PageVersion
from emn.pages.services import content
from emn.pages.services.content import FRENCH, PageRefused


def stale() -> list[tuple[str, str]]:
    """Return (address, language) of what `sync` would write."""
    return [(entry["slug"], language) for entry in shipped() for language in _due(entry)]


def sync(*, now: datetime, tell: Callable[[str], object]) -> int:
    """Write and release what is shipped and not yet there; return how many versions.

    A language that a person of the centre has written is theirs from then on. Each version is its
    own transaction: a run that stops goes on at the next. An answer that is refused does not keep
    the others back: `tell` is told why.
    """
    count = 0
    for entry in shipped():
        try:
            for language in _due(entry):
                _write(entry, language, now=now)
                count += 1
        except PageRefused as refusal:
            tell(f"{entry['slug']}\u00a0: {refusal.message}")
    return count


def _due(entry: HelpEntry) -> list[str]:
    """Return the languages to write, French first: none while the last French is a person's.

    A translation follows the French it is shipped with: it is written again with that.
    """
    last = _last(entry)
    french = last.get(FRENCH)
    if french is not None and not french.is_shipped:
        return []
    moves = french is None or _says_other(french, entry["texts"][FRENCH])
    number = french.number if french else 0
    return [
        language
        for language, text in entry["texts"].items()
        if (row := last.get(language)) is None
        or (
            row.is_shipped and (moves or _says_other(row, text) or (row.follows or number) < number)
        )
    ]


def _write(entry: HelpEntry, language: str, *, now: datetime) -> None:
    page, _new = Page.objects.get_or_create(
        kind=PageKind.HELP, slug=entry["slug"], defaults={"audience": entry["audience"]}
    )
    before = _last(entry).get(language)
    version = content.write(
        page_id=page.pk, language=language, base=before.number if before else 0,
        by_id=None, now=now, **entry["texts"][language],
    )  # fmt: skip
    content.release(version_id=version.pk, shown_from=None, by_id=None, now=now)


def _last(entry: HelpEntry) -> dict[str, PageVersion]:
    pages = Page.objects.filter(kind=PageKind.HELP, slug=entry["slug"])
    return {row.language: row for row in PageVersion.objects.last_written(pages)}


def _says_other(row: PageVersion, text: HelpText) -> bool:
    return (row.title, row.summary, row.text) != (text["title"], text["summary"], text["text"])
