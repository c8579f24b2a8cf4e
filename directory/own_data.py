"""What the directory holds about people (see emn.accounts.personal_data)."""

from django.db.models import Count, Q

from directory.models import (
    CardExport,
    CardImport,
    CardMerge,
    CardReport,
    Claim,
    Company,
    Correction,
    Membership,
    Provider,
    SearchAlert,
    TrustContest,
    TrustReply,
)
from directory.search.index import index_all
from emn.accounts.personal_data import PersonalData, Rows, drop_with_files, exempt, register
from emn.lib.page_cache import touch


def _kept_by_nobody_else(cards: Rows) -> Rows:
    """Keep the cards of companies for which a single person acts."""
    alone = Membership.objects.values("company").annotate(people=Count("pk")).filter(people=1)
    return cards.filter(company__in=alone.values("company"))


def _forget_contact(cards: Rows) -> None:
    """Empty the ways to reach a person: on the public card, in what staff corrected and read."""
    locked = list(cards.select_for_update(of=("self",)).order_by("pk"))
    for card in locked:
        card.phone = card.email = ""
        card.corrections.filter(field__in=["phone", "email"]).delete()
        if card.reviewed_content is not None:
            card.reviewed_content = {**card.reviewed_content, "phone": "", "email": ""}
        card.save_without_historical_record(update_fields=["phone", "email", "reviewed_content"])
    public = (
        Provider.objects.filter(pk__in=[card.pk for card in locked]).with_place().with_content()
    )
    index_all(list(public.order_by("pk")))
    touch()


def _forget_agent(corrections: Rows) -> None:
    """Keep the correction, which is the centre's, without who made it."""
    corrections.update(made_by=None)


def _forget_who_merged(merges: Rows) -> None:
    merges.update(merged_by=None)


def _forget_who_contested(contests: Rows) -> None:
    """Keep the decision, which the ledger rests on, without who asked for it."""
    contests.update(opened_by=None)


def _forget_who_replied(replies: Rows) -> None:
    """Keep the words, which are the firm's, without who wrote them."""
    replies.update(written_by=None)


def register_own_data() -> None:
    """Register who acts for a company, and the contact data of cards that nobody else keeps."""
    register(
        PersonalData(
            model=Membership,
            about=lambda user: Q(user=user),
            export=("company__siret", "company__name", "role", "joined_at"),
        ),
        PersonalData(
            model=Claim,
            about=lambda user: Q(user=user),
            export=("company__siret", "status", "email", "message", "created_at", "closed_at"),
            retention={"claim": lambda _now, cutoff: Q(closed_at__lt=cutoff)},
        ),
        PersonalData(
            model=CardReport,
            about=lambda user: Q(email__iexact=user.email),
            export=("provider__name", "category", "message", "email", "created_at", "answer"),
            retention={"report": lambda _now, cutoff: Q(decided_at__lt=cutoff)},
        ),
        PersonalData(
            model=CardMerge,
            about=lambda user: Q(merged_by=user),
            export=("merged_name", "merged_at"),
            erase=_forget_who_merged,
        ),
        PersonalData(
            model=CardImport,
            about=lambda user: Q(created_by=user),
            export=("name", "status", "created_at", "line_count"),
            erase=drop_with_files,
            retention={"transfer": lambda _now, cutoff: Q(created_at__lt=cutoff)},
        ),
        PersonalData(
            model=CardExport,
            about=lambda user: Q(created_by=user),
            export=("format", "filters", "created_at", "row_count"),
            erase=drop_with_files,
            retention={"transfer": lambda _now, cutoff: Q(created_at__lt=cutoff)},
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
            model=Correction,
            about=lambda user: Q(made_by=user),
            export=("provider__name", "field", "reason", "made_at"),
            erase=_forget_agent,
        ),
        PersonalData(
            model=TrustContest,
            about=lambda user: Q(opened_by=user),
            export=("component", "reason", "opened_at", "status", "decision", "decided_at"),
            erase=_forget_who_contested,
        ),
        PersonalData(
            model=TrustReply,
            about=lambda user: Q(written_by=user),
            export=("text", "written_at", "status", "refusal", "decided_at"),
            erase=_forget_who_replied,
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
    exempt(Company, because="Répertoire SIRENE : données publiques d’entreprises (R6.10).")
