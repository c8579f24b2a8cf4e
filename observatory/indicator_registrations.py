"""What the indicators add to the pages of the foundation."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from emn.accounts import roles
from emn.accounts.enums import Role
from emn.lib import (
    home_blocks,
    navigation,
    site_search,
    sitemaps,
    social_cards,
    staff_tasks,
)
from emn.mailings import blocks
from observatory import indicator_places, share
from observatory.models import HeldRelease


def register_all() -> None:
    """Register the figures: menu, home, search, sitemap, letters, roles."""
    navigation.register(navigation.NavItem(_("Observatoire"), "observatory:index", order=40))
    for order, (code, read) in enumerate(indicator_places.home_figures().items(), start=20):
        home_blocks.register_figure(
            home_blocks.HomeFigure(key=f"observatory-{code}", order=order, read=read)
        )
    site_search.register(
        site_search.SearchSource(
            key="indicators", order=30, label=_("Chiffres"), search=indicator_places.search
        )
    )
    sitemaps.register(
        sitemaps.SitemapSection(
            key="indicators", order=50, sitemap=indicator_places.IndicatorSitemap
        )
    )
    social_cards.register(
        social_cards.CardSource(key="indicators", order=40, words=share.all_indicator_words)
    )
    blocks.register(indicator_places.figure_block())
    roles.grant(
        Role.ANALYST, "observatory.view_release", "observatory.correct_release",
        "observatory.view_heldrelease", "observatory.delete_heldrelease",
    )  # fmt: skip
    staff_tasks.register(
        staff_tasks.StaffTask(
            key="observatory.held_releases",
            order=61,
            label=_("versions de chiffres retenues : lire pourquoi"),
            count=lambda _user: HeldRelease.objects.count(),
            url=lambda: reverse("admin:observatory_heldrelease_changelist"),
            permission="observatory.view_heldrelease",
        )
    )
