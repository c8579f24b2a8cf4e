"""/sitemap.xml: each app registers the pages it has."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, overload
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.db.models import QuerySet
from django.urls import reverse

from emn.lib.registry import Registry

ADDRESSES_PER_FILE = 3_000  # the protocol allows 50,000, which would take seconds to write


class InEachLanguage(Sequence[tuple[Any, str]]):
    """The items, once a language; only the asked slice is read from the database."""

    def __init__(self, items: Sequence[Any] | QuerySet[Any], languages: Sequence[str]) -> None:
        """Keep the items unread."""
        self._items, self._languages = items, languages

    def __len__(self) -> int:
        """Return how many addresses."""
        items = self._items
        count = items.count() if isinstance(items, QuerySet) else len(items)
        return count * len(self._languages)

    @overload
    def __getitem__(self, at: int) -> tuple[Any, str]: ...
    @overload
    def __getitem__(self, at: slice) -> list[tuple[Any, str]]: ...
    def __getitem__(self, at: int | slice) -> Any:
        """Return the items of a page with their languages."""
        if isinstance(at, int):
            return self[at : at + 1][0]
        each = len(self._languages)
        start, stop, _step = at.indices(len(self))
        first = start // each
        rows = self._items[first : -(-stop // each)]
        return list(product(rows, self._languages))[start - first * each : stop - first * each]


class PublicSitemap(Sitemap):  # type: ignore[type-arg]  # not generic at run time
    """A section in every language, whose addresses are the portal's public ones.

    `names`: the URL names of its pages, for a section that has no rows.
    """

    names: tuple[str, ...] = ()
    i18n = True
    alternates = True
    x_default = True
    limit = ADDRESSES_PER_FILE

    def items(self) -> Sequence[Any] | QuerySet[Any]:
        """Return what has a page."""
        return self.names

    def location(self, item: Any) -> str:
        """Return the path of an item in the current language."""
        return reverse(item)

    def _items(self) -> InEachLanguage:  # Django's reads every row before it takes a page
        return InEachLanguage(self.items(), [code for code, _name in settings.LANGUAGES])

    def get_domain(self, site: object = None) -> str:
        """Return the public host, whatever host was asked: the page is kept for everybody."""
        return urlsplit(settings.PUBLIC_URL).netloc

    def get_protocol(self, protocol: str | None = None) -> str:
        """Return the public scheme."""
        return urlsplit(settings.PUBLIC_URL).scheme


@dataclass(frozen=True, kw_only=True)
class SitemapSection:
    """One app's pages, in files named after the key."""

    key: str
    order: int
    sitemap: type[PublicSitemap]


sections = Registry[SitemapSection]()
register = sections.register
