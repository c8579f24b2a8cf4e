"""The life of a card: started and written by its owner, read and published by staff."""

from datetime import datetime
from functools import partial
from hashlib import blake2b
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from directory.enums import MembershipRole, ProviderStatus
from directory.models import CardRedirect, Company, Membership, Offer, Provider, Service
from directory.search.index import index
from emn.accounts.models import User
from emn.lib.commit import after_commit
from emn.lib.db import advisory_lock
from emn.lib.errors import DomainError
from emn.lib.page_cache import touch
from emn.mailings.services import queue_email
from emn.territory.lookup import CompanyFacts
from emn.territory.models import Commune

MINIMUM_DESCRIPTION = 200  # signs: the quality criterion of mechanics 1.6
MOST_CARDS_PER_COMPANY = 5
MOST_COMPANIES_UNPUBLISHED = 3  # that one account may hold before the centre has read a card
DEMO_SOURCE = "démonstration"
OWN_FIELDS = (
    "name", "tagline", "description", "phone", "email", "website",
    "languages", "client_sizes", "sectors", "keywords",
)  # fmt: skip


class CardRefused(DomainError):
    """The card cannot be started or changed so."""


class CardIncomplete(CardRefused):
    """The card lacks what a reader needs; the message says what."""


class CompanyTaken(CardRefused):
    """The company has people or a card already: the person claims it (services.claims)."""


class TransitionRefused(DomainError):
    """The card is not in a state that allows this."""


@transaction.atomic(durable=True)
def start_card(
    *,
    user_id: int,
    facts: CompanyFacts,
    values: dict[str, Any],
    logo: bytes | None = None,
    now: datetime,
) -> Provider:
    """Start a card for the establishment that `facts` describe, as the person's draft.

    `values` holds the owner's own fields and `services` (Service rows). A card of that name which
    the centre has not read yet is returned as it is: a form sent twice makes one card. Raises
    CardRefused when the establishment is closed or out of the territory, when the person holds too
    many unread ones; CompanyTaken when the company must be claimed.
    """
    company = _company_for(user_id=user_id, facts=facts, now=now)
    unread = company.providers.filter(status__in=[ProviderStatus.DRAFT, ProviderStatus.SUBMITTED])
    if same := unread.filter(name=values["name"]).order_by("pk").first():
        return same
    if company.providers.count() >= MOST_CARDS_PER_COMPANY:
        raise CardRefused(
            _("Une entreprise peut tenir %(count)s fiches au plus.")
            % {"count": MOST_CARDS_PER_COMPANY}
        )
    provider = Provider(
        company=company, slug=_free_slug(values["name"]), created_at=now, edited_at=now
    )
    _write(provider, values=values, logo=logo, now=now)
    return provider


@transaction.atomic(durable=True)
def edit_card(
    *,
    provider_id: int,
    user_id: int,
    values: dict[str, Any],
    logo: bytes | None = None,
    now: datetime,
) -> Provider:
    """Change the owner's own fields. A published card changes at once and is read again by staff.

    Raises Provider.DoesNotExist when the card is not one of the person's, and CardIncomplete when
    one that was handed over would then lack what a reader needs.
    """
    provider = _locked(provider_id, user_id=user_id)
    _write(provider, values=values, logo=logo, now=now)
    if provider.is_published:
        index(provider)
        touch()
    return provider


@transaction.atomic(durable=True)
def submit_card(*, provider_id: int, user_id: int, now: datetime) -> Provider:
    """Hand a draft, or a hidden card once corrected, over to the centre; twice is once.

    Raises Provider.DoesNotExist, TransitionRefused (a published card) or CardIncomplete.
    """
    provider = _locked(provider_id, user_id=user_id)
    _require(provider, ProviderStatus.DRAFT, ProviderStatus.HIDDEN, ProviderStatus.SUBMITTED)
    if provider.status == ProviderStatus.SUBMITTED:
        return provider
    _refuse_incomplete(provider)
    provider.status = ProviderStatus.SUBMITTED
    provider.submitted_at = now
    provider.save()
    _tell_members(provider, "directory/emails/card_submitted", stamp=now, now=now)
    return provider


@transaction.atomic(durable=True)
def publish_card(
    *, provider_id: int, now: datetime, read_version: datetime | None = None
) -> Provider:
    """Show the card to everyone; also ends the review of an edited one.

    `read_version` is the `edited_at` of the text that staff read. Raises Provider.DoesNotExist or
    TransitionRefused (a draft is its owner's until submitted; the text changed since it was read).
    """
    provider = _locked(provider_id)
    _require(provider, ProviderStatus.SUBMITTED, ProviderStatus.HIDDEN, ProviderStatus.PUBLISHED)
    if read_version not in {None, provider.edited_at}:
        raise TransitionRefused(
            _("Le prestataire a modifié cette fiche depuis que vous l’avez ouverte : relisez-la.")
        )
    was_public = provider.is_published
    provider.status = ProviderStatus.PUBLISHED
    provider.reviewed_at = max(now, provider.edited_at)
    provider.published_at = provider.published_at or now
    provider.confirmed_at = provider.confirmed_at or now
    provider.moderation_note = ""
    provider.save()
    index(provider)
    touch()
    if not was_public:
        _tell_members(provider, "directory/emails/card_published", stamp=now, now=now)
    return provider


@transaction.atomic(durable=True)
def send_card_back(*, provider_id: int, reason: str, now: datetime) -> Provider:
    """Return a submitted card to its owner, with what to change.

    Raises Provider.DoesNotExist, TransitionRefused, or CardRefused without a reason.
    """
    provider = _locked(provider_id)
    _require(provider, ProviderStatus.SUBMITTED)
    provider.moderation_note = _given(reason)
    provider.status = ProviderStatus.DRAFT
    provider.reviewed_at = now
    provider.save()
    _tell_members(provider, "directory/emails/card_sent_back", stamp=now, now=now)
    return provider


@transaction.atomic(durable=True)
def hide_card(*, provider_id: int, reason: str, now: datetime) -> Provider:
    """Take a published card out of the directory; its owner is told why.

    Raises Provider.DoesNotExist, TransitionRefused, or CardRefused without a reason.
    """
    provider = _locked(provider_id)
    _require(provider, ProviderStatus.PUBLISHED)
    provider.moderation_note = _given(reason)
    provider.status = ProviderStatus.HIDDEN
    provider.reviewed_at = now
    provider.save()
    index(provider)
    touch()
    _tell_members(provider, "directory/emails/card_hidden", stamp=now, now=now)
    return provider


@transaction.atomic(durable=True)
def confirm_card(*, provider_id: int, user_id: int, now: datetime) -> Provider:
    """Note that the owner still stands by a published card (mechanics 1.7).

    Raises Provider.DoesNotExist or TransitionRefused.
    """
    provider = _locked(provider_id, user_id=user_id)
    _require(provider, ProviderStatus.PUBLISHED)
    provider.confirmed_at = now
    provider.save(update_fields=["confirmed_at"])
    index(provider)
    touch()
    return provider


def _locked(provider_id: int, *, user_id: int | None = None) -> Provider:
    """Return the card, locked; with `user_id`, only when that person acts for its company."""
    cards = Provider.objects.select_for_update(of=("self",)).select_related(
        "company__commune__epci"
    )
    if user_id is not None:
        cards = cards.filter(
            company_id__in=Membership.objects.filter(user_id=user_id).values("company_id")
        )
    return cards.get(pk=provider_id)


def _require(provider: Provider, *allowed: ProviderStatus) -> None:
    if provider.status not in allowed:
        raise TransitionRefused(
            _("Cette fiche est dans l’état « %(status)s » : cette action n’est plus possible.")
            % {"status": provider.get_status_display()}
        )


def _given(reason: str) -> str:
    if not reason.strip():
        raise CardRefused(_("Dites au prestataire ce qui ne va pas : le motif lui est envoyé."))
    return reason.strip()


def _company_for(*, user_id: int, facts: CompanyFacts, now: datetime) -> Company:
    """Return the company of these facts, with the person as a member; create what is missing."""
    if facts.state == "F":
        raise CardRefused(_("Cet établissement est fermé au registre. Donnez le SIRET actuel."))
    commune = Commune.objects.filter(insee_code=facts.commune_code).first()
    if commune is None:
        raise CardRefused(
            _("La commune de cet établissement est hors du territoire que couvre l’annuaire.")
        )
    User.objects.select_for_update(no_key=True).get(pk=user_id)  # one start at a time a person
    company, _created = Company.objects.get_or_create(
        siret=facts.siret,
        defaults={
            # A masked unit (R6.10) gets its name from its owner, on the card, never from here.
            "name": facts.name or facts.siret,
            "street": facts.street or "",
            "postcode": facts.postcode or "",
            "commune": commune,
            "naf_code": facts.naf_code or "",
            "naf_nomenclature": facts.naf_nomenclature or "",
            "headcount_band": facts.headcount_band or "",
            "founded_on": facts.created_on,
            "checked_at": now,
            "is_demo": facts.source == DEMO_SOURCE,
        },
    )
    company = Company.objects.select_for_update(of=("self",)).get(pk=company.pk)
    members = set(company.memberships.values_list("user_id", flat=True))
    if user_id in members:
        return company
    if members or company.providers.exists():
        raise CompanyTaken(_("Cette entreprise est déjà dans l’annuaire. Demandez à la rejoindre."))
    unpublished = Company.objects.filter(memberships__user=user_id).exclude(
        providers__published_at__isnull=False
    )
    if not company.is_demo and unpublished.count() >= MOST_COMPANIES_UNPUBLISHED:
        raise CardRefused(
            _(
                "Vous avez déjà %(count)s entreprises sans fiche publiée. Attendez que le centre "
                "relise vos fiches, ou écrivez-lui."
            )
            % {"count": MOST_COMPANIES_UNPUBLISHED}
        )
    Membership.objects.create(
        company=company, user_id=user_id, role=MembershipRole.OWNER, joined_at=now
    )
    return company


def _write(
    provider: Provider, *, values: dict[str, Any], logo: bytes | None, now: datetime
) -> None:
    for field in OWN_FIELDS:
        if field in values:
            setattr(provider, field, values[field])
    provider.edited_at = now
    provider.save()
    if "services" in values:
        _replace_offers(provider, values["services"])
    if provider.status in {ProviderStatus.SUBMITTED, ProviderStatus.PUBLISHED}:
        _refuse_incomplete(provider)
    if logo is not None:  # last of all: no refusal may leave a file behind
        _replace_logo(provider, logo)
        Provider.objects.filter(pk=provider.pk).update(logo=provider.logo.name)


def _replace_logo(provider: Provider, logo: bytes) -> None:
    """Store the picture under a name that its content gives: browsers keep it for a year."""
    name = f"logos/{provider.slug}-{blake2b(logo, digest_size=6).hexdigest()}.webp"
    old = provider.logo.name
    if name == old:
        return
    storage = provider.logo.storage
    if not storage.exists(name):
        storage.save(name, ContentFile(logo))
    provider.logo = name
    if old:
        after_commit(partial(storage.delete, old))


def _replace_offers(provider: Provider, services: list[Service]) -> None:
    wanted = {service.pk for service in services}
    held = set(provider.offers.values_list("service_id", flat=True))
    provider.offers.filter(service_id__in=held - wanted).delete()
    Offer.objects.bulk_create(
        Offer(provider=provider, service_id=pk) for pk in sorted(wanted - held)
    )


def _refuse_incomplete(provider: Provider) -> None:
    if not provider.offers.exists():
        raise CardIncomplete(_("Choisissez au moins un service que vous proposez."))
    if len(provider.description) < MINIMUM_DESCRIPTION:
        raise CardIncomplete(
            _("Décrivez votre activité en %(count)s signes au moins.")
            % {"count": MINIMUM_DESCRIPTION}
        )
    if not (provider.email or provider.phone or provider.website):
        raise CardIncomplete(_("Donnez un moyen de vous joindre."))


def _free_slug(name: str) -> str:
    """Return an address for the card, which nobody else is given before this one is written."""
    advisory_lock("directory_provider_slug")
    base = slugify(name)[:70].strip("-") or "fiche"
    taken = (
        set(Provider.objects.filter(slug__startswith=base).values_list("slug", flat=True))
        | set(CardRedirect.objects.filter(slug__startswith=base).values_list("slug", flat=True))
        | _RESERVED_SLUGS
    )
    if base not in taken:
        return base
    return next(slug for n in range(2, len(taken) + 3) if (slug := f"{base}-{n}") not in taken)


_RESERVED_SLUGS = {"carte", "inscription", "mes-fiches", "fond-de-carte"}


def _tell_members(provider: Provider, template: str, *, stamp: datetime, now: datetime) -> None:
    """Queue one e-mail to each active person of the company, in that person's language."""
    members = User.objects.filter(is_active=True, memberships__company=provider.company_id)
    for member in members.order_by("pk"):
        queue_email(
            to=member.email,
            template=template,
            context={"provider": provider, "member": member},
            dedup_key=f"{template}:{provider.pk}:{member.pk}:{stamp.isoformat()}",
            language=member.language,
            now=now,
        )
