"""What the directory adds to the pages of the foundation."""

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from directory.models import Provider
from emn.accounts import roles
from emn.accounts.enums import Role
from emn.lib import account_sections, navigation

if TYPE_CHECKING:
    from emn.accounts.models import User


def _has_company(user: "User") -> bool:
    return user.memberships.exists()


def register_all() -> None:
    """Register menu, account section, permissions and the moderation queue."""
    navigation.register(navigation.NavItem(_("Annuaire"), "directory:list", order=10))
    account_sections.register(
        account_sections.AccountSection(
            key="cards",
            title=_("Mes fiches"),
            summary=_("Écrire, modifier et confirmer la fiche de votre entreprise."),
            url_name="directory:my_cards",
            order=10,
        )
    )
    reads = ("directory.view_provider", "directory.view_company", "directory.view_offer")
    moderates = (*reads, "directory.moderate_provider")
    roles.grant(Role.RECEPTION, *moderates)
    roles.grant(Role.CHARTER, *moderates)
    roles.grant(Role.ADVISER, *reads)
    roles.grant(
        Role.EDITOR,
        *reads,
        "directory.view_service",
        "directory.change_service",
        "directory.add_service",
        "directory.view_servicecategory",
        "directory.change_servicecategory",
    )


def cards_to_review(_user: "User") -> int:
    """Count the cards that staff must read."""
    return Provider.objects.awaiting_review().count()


def review_queue() -> str:
    """Return the address of the queue."""
    return reverse("admin:directory_provider_changelist") + "?relecture=oui"
