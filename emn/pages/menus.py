"""The menus as a page shows them: as staff set them, else as the apps registered their pages."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import get_language

from emn.lib import navigation, sitemaps
from emn.lib.page_cache import Generation, generations
from emn.pages.enums import MenuPlace
from emn.pages.models import MenuEntry


@dataclass(frozen=True, slots=True)
class Link:
    """An entry as a page shows it; `lang`: the language of its words where it is not the page's."""

    label: str | Promise
    href: str
    lang: str = ""


@dataclass(slots=True)
class _Known:
    """The entries as this process last read them."""

    generation: Generation
    rows: list[MenuEntry]


_known: list[_Known] = []


def links(place: MenuPlace, *, now: datetime, may_look: bool) -> list[Link]:
    """Return the entries of a menu.

    They are read once each time that public content changes, outside any transaction and only if
    the page `may_look`; else they are what was last read, the registered pages before that.
    """
    rows = [row for row in _rows(may_look=may_look) if row.place == place]
    if not rows:
        return [Link(item.label, reverse(item.url_name)) for item in registered(place)]
    shown = [row for row in rows if row.is_shown and (not row.page or row.page.is_shown(now=now))]
    return [link for link in map(_link, shown) if link]


def registered(place: MenuPlace) -> list[navigation.NavItem]:
    """Return the pages that the apps put in a menu."""
    return [item for item in navigation.menu if item.in_header or place == MenuPlace.FOOTER]


def named_pages() -> dict[str, str | Promise]:
    """Return the pages of the portal that a menu may name, those with words of their own first."""
    names = _names()
    others = {name for section in sitemaps.sections for name in section.sitemap.names}
    return names | {name: reverse(name) for name in sorted(others - names.keys(), key=reverse)}


def _names() -> dict[str, str | Promise]:
    return {item.url_name: item.label for item in navigation.menu}


def _rows(*, may_look: bool) -> list[MenuEntry]:
    generation = generations.now() if may_look else None
    if generation is not None and (not _known or _known[0].generation != generation):
        rows = list(MenuEntry.objects.in_order().select_related("page"))
        _known[:] = [_Known(generation, rows)]
    return _known[0].rows if _known else []


def _link(row: MenuEntry) -> Link | None:
    """Return None for a page that the portal no longer has."""
    language = get_language() or settings.LANGUAGE_CODE
    own = {"de": row.label_de, "en": row.label_en}.get(language, row.label_fr)
    href = target(row)
    if not href:
        return None
    if row.url_name and not row.label_fr:
        return Link(own or _names().get(row.url_name, href), href)
    return Link(own or row.label_fr, href, "" if own else settings.LANGUAGE_CODE)


def target(row: MenuEntry) -> str:
    """Return where an entry leads in the current language, empty when that page is gone."""
    if row.page:
        return row.page.get_absolute_url()
    try:
        return row.address or reverse(row.url_name)
    except NoReverseMatch:
        return ""
