"""What the diagnostics add to the pages of the foundation."""

from django.utils.translation import gettext_lazy as _

from diagnostics.sitemaps import DiagnosticSitemap
from emn.accounts import roles
from emn.accounts.enums import Role
from emn.lib import account_sections, navigation, sitemaps


def register_all() -> None:
    """Register everything."""
    navigation.register(navigation.NavItem(_("Diagnostic"), "diagnostics:start", order=8))
    account_sections.register(
        account_sections.AccountSection(
            key="diagnostics",
            title=_("Mes diagnostics"),
            summary=_("Où en est votre entreprise, et ce qu’elle peut faire ensuite."),
            url_name="diagnostics:mine",
            order=15,
        )
    )
    sitemaps.register(
        sitemaps.SitemapSection(key="diagnostics", order=40, sitemap=DiagnosticSitemap)
    )
    reads = (
        "diagnostics.view_diagnostic",
        "diagnostics.view_referentialversion",
        "questionnaires.view_questionnaireversion",
    )
    for role in (Role.ADVISER, Role.ANALYST):
        roles.grant(role, *reads)
