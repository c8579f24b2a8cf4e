"""/sitemap.xml: each app registers the pages it has."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sitemaps import Sitemap

from emn.lib.registry import Registry


class PublicSitemap(Sitemap):  # type: ignore[type-arg]  # not generic at run time
    """A section in every language, whose addresses are the portal's public ones."""

    i18n = True
    alternates = True
    x_default = True

    def get_domain(self, site: object = None) -> str:
        """Return the public host, whatever host was asked: the page is kept for everybody."""
        return urlsplit(settings.PUBLIC_URL).netloc

    def get_protocol(self, protocol: str | None = None) -> str:
        """Return the public scheme."""
        return urlsplit(settings.PUBLIC_URL).scheme


@dataclass(frozen=True, kw_only=True)
class SitemapSection:
    """One app's pages."""

    key: str
    order: int
    sitemap: type[PublicSitemap]


sections = Registry[SitemapSection]()
register = sections.register
