"""Registration of the app with Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from emn.lib import site_search, sitemaps
from emn.pages.search import search_pages
from emn.pages.sitemaps import PagesSitemap


class PagesConfig(AppConfig):
    name = "emn.pages"
    label = "pages"
    verbose_name = "Pages"

    def ready(self) -> None:
        """Add the app's pages to the search and to the map of the site."""
        site_search.register(
            site_search.SearchSource(
                key="pages", order=90, label=_("Pages du portail"), search=search_pages
            )
        )
        sitemaps.register(sitemaps.SitemapSection(key="pages", order=0, sitemap=PagesSitemap))
