"""What the pages add to the portal: menu, home, search, map of the site, roles, privacy."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from emn.accounts import roles
from emn.accounts.enums import Role
from emn.accounts.personal_data import PersonalData, register, without
from emn.lib import home_blocks, navigation, site_search, sitemaps, social_cards
from emn.pages import share
from emn.pages.home import last_news
from emn.pages.models import PageVersion
from emn.pages.search import search_pages
from emn.pages.sitemaps import ContentSitemap, HelpSitemap, NewsSitemap, PagesSitemap


def register_all() -> None:
    """Register everything."""
    site_search.register(
        site_search.SearchSource(
            key="pages", order=90, label=_("Pages du portail"), search=search_pages
        )
    )
    for order, (key, found) in enumerate(
        (
            ("pages", PagesSitemap),
            ("content", ContentSitemap),
            ("help", HelpSitemap),
            ("news", NewsSitemap),
        )
    ):
        sitemaps.register(sitemaps.SitemapSection(key=key, order=order, sitemap=found))
    social_cards.register(social_cards.CardSource(key="pages", order=0, words=share.all_words))
    navigation.register(navigation.NavItem(_("Actualités"), "news:list", order=45))
    navigation.register(
        navigation.NavItem(_("Besoin d’aide ?"), "help:index", order=90, in_header=False)
    )
    home_blocks.register_block(
        home_blocks.HomeBlock(
            key="news", order=55, template="pages/content/home_news.html", context=last_news
        )
    )
    acts = ("publish", "view", "add", "change", "delete")
    roles.grant(Role.EDITOR, *(f"pages.{act}_page" for act in acts))
    for model in ("redirect", "menuentry"):
        roles.grant(Role.EDITOR, *(f"pages.{act}_{model}" for act in acts[1:]))
    register(
        PersonalData(
            model=PageVersion,
            about=lambda user: Q(written_by=user) | Q(released_by=user),
            export=("title", "language", "number", "written_at", "shown_from"),
            erase=without("written_by", "released_by"),
        )
    )
