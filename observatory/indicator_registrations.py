"""What the indicators add to the pages of the foundation."""

from django.utils.translation import gettext_lazy as _

from emn.accounts import roles
from emn.accounts.enums import Role
from emn.lib import home_blocks, navigation, site_search, sitemaps, social_cards
from emn.mailings import blocks
from observatory import indicator_places, share


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
    roles.grant(Role.ANALYST, "observatory.view_release", "observatory.correct_release")
