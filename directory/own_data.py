"""What the directory holds about people (see emn.accounts.personal_data)."""

from django.db.models import Count, Q

from directory.models import Company, Membership, Provider, SearchAlert
from directory.search.index import index
from emn.accounts.personal_data import PersonalData, Rows, exempt, register
from emn.lib.page_cache import touch


def _kept_by_nobody_else(cards: Rows) -> Rows:
    """Keep the cards of companies for which a single person acts."""
    alone = Membership.objects.values("company").annotate(people=Count("pk")).filter(people=1)
    return cards.filter(company__in=alone.values("company"))


def _forget_contact(cards: Rows) -> None:
    """Empty the ways to reach a person, on the public card too."""
    for card in cards.select_for_update(of=("self",)).order_by("pk"):
        card.phone = card.email = ""
        card.save_without_historical_record(update_fields=["phone", "email"])
        index(card)
    touch()


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
            # The card is the firm's: only the ways to reach a person go, with its last person.
            erasable=_kept_by_nobody_else,
            erase=_forget_contact,
        ),
        PersonalData(
            model=SearchAlert,
            about=lambda user: Q(email__iexact=user.email),
            export=("parameters", "frequency", "language", "requested_at", "confirmed_at"),
            retention={
                "unconfirmed_alert": lambda _now, cutoff: Q(
                    confirmed_at=None, requested_at__lt=cutoff
                ),
                "active_alert": lambda _now, cutoff: Q(stopped_at=None, renewed_at__lt=cutoff),
                "stopped_alert": lambda _now, cutoff: Q(stopped_at__lt=cutoff),
            },
        ),
    )
    exempt(Company, because="Répertoire SIRENE : données publiques d’entreprises (R6.10).")
