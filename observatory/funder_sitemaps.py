"""Open data, promises and funders in /sitemap.xml."""

from emn.lib.sitemaps import PublicSitemap


class OpenDataSitemap(PublicSitemap):
    """Their pages; the frames are for other sites."""

    names = ("open_data:home", "widgets:guide", "promises", "observatory_funders:funders")
