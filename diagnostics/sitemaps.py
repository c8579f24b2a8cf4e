"""The diagnostic in /sitemap.xml."""

from emn.lib.sitemaps import PublicSitemap


class DiagnosticSitemap(PublicSitemap):
    """Its first page; the others are nobody else's."""

    names = ("diagnostics:start",)
