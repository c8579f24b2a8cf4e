"""The letters that everyone may read, in /sitemap.xml."""

from django.urls import reverse

from emn.lib.sitemaps import PublicSitemap
from emn.mailings.models import Campaign


class ArchiveSitemap(PublicSitemap):
    """The list and one address a letter."""

    def items(self) -> list[str]:
        """Return the slugs of the letters, after the page that lists them."""
        return ["", *Campaign.objects.archived().order_by("pk").values_list("slug", flat=True)]

    def location(self, item: str) -> str:
        """Return the path in the current language."""
        return reverse("mailings:archive", args=[item]) if item else reverse("mailings:archives")
