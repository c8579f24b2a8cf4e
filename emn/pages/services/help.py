"""The shipped help: written as pages, kept up to date until staff writes them anew."""

from datetime import datetime

from emn.pages.enums import PageKind
from emn.pages.help import HelpEntry, HelpText, shipped
from emn.pages.models import Page, PageVersion
from emn.pages.services import content


def stale() -> list[tuple[str, str]]:
    """Return (address, language) of what `sync` would write."""
    return [
        (entry["slug"], language)
        for entry in shipped()
        for language, text in entry["texts"].items()
        if _is_due(_last(entry, language), text)
    ]


def sync(*, now: datetime) -> int:
    """Write and release what is shipped and not yet there; return how many versions.

    A language that a person of the centre has written is theirs from then on. Each version is its
    own transaction: a run that stops goes on at the next.
    """
    due = set(stale())
    for entry in shipped():
        wanted = [language for language in entry["texts"] if (entry["slug"], language) in due]
        if not wanted:
            continue
        page, _new = Page.objects.get_or_create(
            kind=PageKind.HELP, slug=entry["slug"], defaults={"audience": entry["audience"]}
        )
        for language in wanted:
            before = _last(entry, language)
            version = content.write(
                page_id=page.pk, language=language, base=before.number if before else 0,
                by_id=None, now=now, **entry["texts"][language],
            )  # fmt: skip
            content.release(version_id=version.pk, shown_from=None, by_id=None, now=now)
    return len(due)


def _last(entry: HelpEntry, language: str) -> PageVersion | None:
    rows = PageVersion.objects.filter(
        page__kind=PageKind.HELP, page__slug=entry["slug"], language=language
    )
    return rows.order_by("-number", "-pk").first()


def _is_due(last: PageVersion | None, text: HelpText) -> bool:
    if last is None:
        return True
    if last.written_by_id is not None:
        return False
    return (last.title, last.summary, last.text) != (text["title"], text["summary"], text["text"])
