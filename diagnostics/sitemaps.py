"""The diagnostic in /sitemap.xml."""

from django.urls import reverse

from emn.lib.sitemaps import PublicSitemap


class DiagnosticSitemap(PublicSitemap):
    """Its first page; the others are nobody else's."""

    def items(self) -> list[str]:
        """Return URL names."""
        return ["diagnostics:start"]

    def location(self, item: str) -> str:
        """Return the path in the current language."""
        return reverse(item)
