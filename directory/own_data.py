"""What the directory holds about people (see emn.accounts.personal_data)."""

from django.db.models import Q

from directory.models import Company, Membership, Provider
from emn.accounts.personal_data import PersonalData, Rows, exempt, register


def _forget_contact(rows: Rows) -> None:
    rows.update(phone="", email="")


def register_own_data() -> None:
    """Register who acts for a company, and the contact data of cards that nobody else keeps."""
    register(
        PersonalData(
            model=Membership,
            about=lambda user: Q(user=user),
            export=("company__siret", "company__name", "role", "joined_at"),
        ),
        PersonalData(
            model=Provider,
            about=lambda user: Q(company__memberships__user=user),
            export=("name", "tagline", "description", "phone", "email", "website", "status"),
            # The card is the firm's: only the ways to reach a person go with that person.
            erase=_forget_contact,
        ),
    )
    exempt(Company, because="Répertoire SIRENE : données publiques d’entreprises (R6.10).")
