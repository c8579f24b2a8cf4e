"""The directory in /sitemap.xml."""

from datetime import date, datetime

from django.db.models import QuerySet
from django.urls import reverse

from directory.models import Cluster, Place, SearchDocument, SolidarityAd, TrustParameters
from emn.lib.sitemaps import PublicSitemap


class ListSitemap(PublicSitemap):
    """List and map."""

    names = ("directory:list", "directory:map", "ranking")


class CharterSitemap(PublicSitemap):
    """The charter and its register."""

    names = (
        "charter:current", "charter:register", "charter:audits",
        "complaints:register", "complaints:start",
    )  # fmt: skip


class AlgorithmSitemap(PublicSitemap):
    """The versions of the formula that were published."""

    def items(self) -> list[str]:
        """Return their numbers."""
        rows = TrustParameters.objects.published().order_by("-effective_on", "-pk")
        return list(rows.values_list("version", flat=True))

    def location(self, item: str) -> str:
        """Return the path in the current language."""
        return reverse("algorithm", args=[item])


class ContractSitemap(PublicSitemap):
    """What helps before a contract is signed: the model of quote, the nine questions."""

    names = ("quotes:explained", "oneshot:check")


class PlaceListSitemap(PublicSitemap):
    """List and map of the places."""

    names = ("places:list", "places:map")


class PlaceSitemap(PublicSitemap):
    """One address a public place."""

    def items(self) -> QuerySet[Place]:
        """Return the public places."""
        return Place.objects.listed().only("slug", "updated_on").order_by("pk")

    def location(self, item: Place) -> str:
        """Return the path in the current language."""
        return item.get_absolute_url()

    def lastmod(self, item: Place) -> date:
        """Return when the place was last written."""
        return item.updated_on


class BridgeSitemap(PublicSitemap):
    """The list of ads; who writes one begins there, on pages that robots leave alone."""

    names = ("bridge:list",)


class SolidarityAdSitemap(PublicSitemap):
    """One address a published ad."""

    def items(self) -> QuerySet[SolidarityAd]:
        """Return the published ads."""
        return SolidarityAd.objects.published().only("slug", "published_at").order_by("pk")

    def location(self, item: SolidarityAd) -> str:
        """Return the path in the current language."""
        return item.get_absolute_url()

    def lastmod(self, item: SolidarityAd) -> datetime | None:
        """Return since when the ad is online."""
        return item.published_at


class ClusterListSitemap(PublicSitemap):
    """The list of the grappes."""

    names = ("clusters:list",)


class ClusterSitemap(PublicSitemap):
    """One address a public grappe."""

    def items(self) -> QuerySet[Cluster]:
        """Return the public grappes."""
        return Cluster.objects.public().only("slug").order_by("pk")

    def location(self, item: Cluster) -> str:
        """Return the path in the current language."""
        return item.get_absolute_url()


class ReviewSitemap(PublicSitemap):
    """The policy of reviews."""

    names = ("reviews:policy",)


class ProviderSitemap(PublicSitemap):
    """One address a published card."""

    def items(self) -> QuerySet[SearchDocument]:
        """Return the index rows: slug and date are all it takes."""
        return SearchDocument.objects.only("slug", "written_at").order_by("pk")

    def location(self, item: SearchDocument) -> str:
        """Return the path in the current language."""
        return reverse("directory:provider", args=[item.slug])

    def lastmod(self, item: SearchDocument) -> datetime:
        """Return when the card was last written."""
        return item.written_at
