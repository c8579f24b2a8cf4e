"""What the grappes add to the pages of the foundation."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from directory import cluster_dossier, dossier
from directory.models import ClusterMember
from directory.site_search import search_clusters
from directory.sitemaps import ClusterListSitemap, ClusterSitemap
from emn.accounts import roles
from emn.accounts.enums import Role
from emn.lib import account_sections, navigation, site_search, sitemaps, staff_tasks


def register_all() -> None:
    """Register everything."""
    navigation.register(
        navigation.NavItem(_("Grappes"), "clusters:list", order=19, in_header=False)
    )
    account_sections.register(
        account_sections.AccountSection(
            key="clusters",
            title=_("Mes grappes"),
            summary=_("Répondre à une invitation, s’engager, accueillir de nouveaux membres."),
            url_name="clusters:mine",
            order=15,
        )
    )
    site_search.register(
        site_search.SearchSource(
            key="clusters", order=15, label=_("Grappes"), search=search_clusters
        )
    )
    for key, order, sitemap in (
        ("cluster-list", 21, ClusterListSitemap),
        ("clusters", 22, ClusterSitemap),
    ):
        sitemaps.register(sitemaps.SitemapSection(key=key, order=order, sitemap=sitemap))
    for order, key, label, lines in (
        (35, "grappe", _("Grappe"), cluster_dossier.stays),
        (36, "engagement", _("Engagement"), cluster_dossier.commitments),
    ):
        dossier.register(dossier.Source(key=key, order=order, label=label, lines=lines))
    _register_staff()


def _register_staff() -> None:
    writes = [
        f"directory.{act}_{model}"
        for model in ("cluster", "clustertheme", "clusterskill")
        for act in ("view", "add", "change")
    ]
    for role in (Role.CHARTER, Role.ADVISER):
        roles.grant(
            role,
            *writes,
            "directory.delete_clusterskill",
            "directory.view_clustermember",
            "directory.view_clustercommitment",
            "directory.view_service",
            "directory.run_cluster",
        )
    staff_tasks.register(
        staff_tasks.StaffTask(
            key="clusters",
            order=28,
            label=_("demandes d’entrée dans une grappe"),
            count=lambda _user: ClusterMember.objects.waiting().count(),
            url=lambda: (
                reverse("admin:directory_clustermember_changelist") + "?status__exact=asked"
            ),
            permission="directory.run_cluster",
        )
    )
