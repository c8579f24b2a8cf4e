"""The home and legal pages in /sitemap.xml."""

from emn.lib.sitemaps import PublicSitemap


class PagesSitemap(PublicSitemap):
    """Pages without a row."""

    names = (
        "home",
        "api_guide",
        "mailings:subscribe",
        "pages:accessibility",
        "pages:legal_notice",
        "pages:personal_data",
    )
