"""The home and legal pages in /sitemap.xml."""

from django.urls import reverse

from emn.lib.sitemaps import PublicSitemap

URL_NAMES = [
    "home",
    "api_guide",
    "mailings:subscribe",
    "pages:accessibility",
    "pages:legal_notice",
    "pages:personal_data",
]


class PagesSitemap(PublicSitemap):
    """Pages without a row."""

    def items(self) -> list[str]:
        """Return URL names."""
        return URL_NAMES

    def location(self, item: str) -> str:
        """Return the path in the current language."""
        return reverse(item)
