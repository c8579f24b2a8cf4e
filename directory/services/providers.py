"""The life of a card: started and written by its owner, read and published by staff."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from directory.content import Change, changes, content_of, version_of
from directory.enums import MembershipRole, ProviderStatus
from directory.models import CardRedirect, Company, Membership, Provider
from directory.search.index import index
from directory.services import complaint_ledger, writing
from directory.services.companies import register_layer
from directory.services.quality import score_card
from directory.services.sharing import draw_after_commit
from directory.services.telling import people_of
from directory.services.trust_charter import follow_card
from emn.accounts.models import User
from emn.lib.db import advisory_lock
from emn.lib.errors import DomainError
from emn.lib.page_cache import touch
from emn.mailings.services import queue_email
from emn.territory.lookup import CompanyFacts
from emn.territory.models import Commune

MINIMUM_DESCRIPTION = 200  # signs: the quality criterion of mechanics 1.6
MOST_CARDS_PER_COMPANY = 5
MOST_COMPANIES_UNPUBLISHED = 3  # that one account may hold before the centre has read a card


class CardRefused(DomainError):
    """The card cannot be started or changed so."""


class CardIncomplete(CardRefused):
    """The card lacks what a reader needs; the message says what."""


class CardChanged(CardRefused):
    """Someone else changed, meanwhile, what this person was writing; `changes` says what."""

    def __init__(self, found: list[Change]) -> None:
        self.changes = found
        super().__init__(
            _(
                "Quelqu’un d’autre a modifié cette partie pendant que vous écriviez. Vos mots sont "
                "gardés ci-dessous : comparez, puis enregistrez de nouveau."
            )
        )


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
    read_version: Mapping[str, str] | None = None,
    now: datetime,
) -> Provider:
    """Change the owner's own words. A published card changes at once and is read again by staff.

    `values` as `directory.services.writing.write` takes them; `read_version` is what the person
    had read of these fields (`content.version_of`). Raises Provider.DoesNotExist when the card is
    not one of the person's, CardChanged when someone wrote these fields since, and CardIncomplete
    when one that was handed over would then lack what a reader needs.
    """
    provider = locked_card(provider_id, user_id=user_id)
    if read_version is not None:
        _refuse_changed(provider, read_version)
    _write(provider, values=values, logo=logo, now=now)
    _show(provider)
    return provider


def _refuse_changed(provider: Provider, read: Mapping[str, str]) -> None:
    """Raise CardChanged when a field that the person read has another digest today."""
    content = content_of(provider)
    current = version_of(content, read)
    changed = [name for name, digest in read.items() if current[name] != digest]
    if changed:
        raise CardChanged(changes({}, content, changed))


@transaction.atomic(durable=True)
def submit_card(*, provider_id: int, user_id: int, now: datetime) -> Provider:
    """Hand a draft, or a hidden card once corrected, over to the centre; twice is once.

    Raises Provider.DoesNotExist, TransitionRefused (a published card) or CardIncomplete.
    """
    provider = locked_card(provider_id, user_id=user_id)
    _require(provider, ProviderStatus.DRAFT, ProviderStatus.HIDDEN, ProviderStatus.SUBMITTED)
    if provider.status == ProviderStatus.SUBMITTED:
        return provider
    _refuse_incomplete(provider)
    provider.status = ProviderStatus.SUBMITTED
    provider.submitted_at, provider.silenced_at = now, None
    provider.save()
    tell_members(provider, "directory/emails/card_submitted", stamp=now, now=now)
    return provider


@transaction.atomic(durable=True)
def publish_card(
    *, provider_id: int, now: datetime, read_version: datetime | None = None
) -> Provider:
    """Show the card to everyone; also ends the review of an edited one.

    `read_version` is the `edited_at` of the text that staff read. Raises Provider.DoesNotExist or
    TransitionRefused (a draft is its owner's until submitted; the text changed since it was read).
    """
    provider = locked_card(provider_id)
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
    if provider.silenced_at is not None:
        provider.silenced_at, provider.reminders_sent = None, 0
    provider.moderation_note = ""
    provider.reviewed_content = content_of(provider)
    provider.save()
    score_card(provider, now=now)
    if not was_public:
        follow_card(provider, now=now)
        complaint_ledger.follow_card(provider, now=now)
    _show(provider)
    if not was_public:
        tell_members(provider, "directory/emails/card_published", stamp=now, now=now)
    return provider


@transaction.atomic(durable=True)
def send_card_back(*, provider_id: int, reason: str, now: datetime) -> Provider:
    """Return a submitted card to its owner, with what to change.

    Raises Provider.DoesNotExist, TransitionRefused, or CardRefused without a reason.
    """
    provider = locked_card(provider_id)
    _require(provider, ProviderStatus.SUBMITTED)
    provider.moderation_note = _given(reason)
    provider.status = ProviderStatus.DRAFT
    provider.reviewed_at = now
    provider.reviewed_content = content_of(provider)
    provider.save()
    tell_members(provider, "directory/emails/card_sent_back", stamp=now, now=now)
    return provider


@transaction.atomic(durable=True)
def hide_card(*, provider_id: int, reason: str, now: datetime) -> Provider:
    """Take a published card out of the directory; its owner is told why.

    Raises Provider.DoesNotExist, TransitionRefused, or CardRefused without a reason.
    """
    provider = locked_card(provider_id)
    _require(provider, ProviderStatus.PUBLISHED)
    provider.moderation_note = _given(reason)
    provider.status = ProviderStatus.HIDDEN
    provider.reviewed_at = now
    provider.save()
    index(provider)
    touch()
    tell_members(provider, "directory/emails/card_hidden", stamp=now, now=now)
    return provider


@transaction.atomic(durable=True)
def withdraw_card(*, provider_id: int, user_id: int, now: datetime) -> Provider:
    """Take one's own card out of the directory; it comes back once the centre has read it again.

    Its reviews and its trust index wait with it. Raises Provider.DoesNotExist (not responsible for
    its company) or TransitionRefused (nobody sees it).
    """
    provider = locked_card(provider_id, user_id=user_id)
    if not Company.objects.bound_by(user_id).filter(pk=provider.company_id).exists():
        raise Provider.DoesNotExist
    _require(provider, ProviderStatus.PUBLISHED)
    provider.status, provider.moderation_note = ProviderStatus.HIDDEN, ""
    provider.save()
    index(provider)
    touch()
    tell_members(provider, "directory/emails/card_withdrawn", stamp=now, now=now)
    return provider


@transaction.atomic(durable=True)
def confirm_card(*, provider_id: int, user_id: int, now: datetime) -> Provider:
    """Note that the owner still stands by its card; one hidden for silence comes back.

    Raises Provider.DoesNotExist, TransitionRefused or, when it would come back without what a
    reader needs, CardIncomplete. Source: mechanics 1.7.
    """
    provider = locked_card(provider_id, user_id=user_id)
    if provider.silenced_at is None:
        _require(provider, ProviderStatus.PUBLISHED)
    if not provider.is_published:
        _refuse_incomplete(provider)
    provider.status, provider.silenced_at = ProviderStatus.PUBLISHED, None
    provider.confirmed_at, provider.reminders_sent = now, 0
    provider.save()
    score_card(provider, now=now)
    _show(provider)
    return provider


def locked_card(provider_id: int, *, user_id: int | None = None) -> Provider:
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
    if not Commune.objects.filter(insee_code=facts.commune_code).exists():
        raise CardRefused(
            _("La commune de cet établissement est hors du territoire que couvre l’annuaire.")
        )
    User.objects.select_for_update(no_key=True).get(pk=user_id)  # one start at a time a person
    company, _created = Company.objects.get_or_create(
        siret=facts.siret,
        defaults=register_layer(facts, now=now),
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
    provider.edited_at = now
    writing.write(provider, values)
    if provider.status in {ProviderStatus.SUBMITTED, ProviderStatus.PUBLISHED}:
        _refuse_incomplete(provider)
    writing.write_files(provider, values, logo=logo)  # no refusal may leave a file behind
    score_card(provider, now=now)


def _show(provider: Provider) -> None:
    """Bring the public pages in line with a card that everyone reads."""
    if provider.is_published:
        index(provider)
        touch()
        draw_after_commit(provider)


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


_RESERVED_SLUGS = {
    "alertes", "carte", "comparer", "confirmer", "favoris", "fond-de-carte", "inscription",
    "mes-fiches", "mesure", "suggestions",
}  # fmt: skip


def tell_members(
    provider: Provider,
    template: str,
    *,
    stamp: datetime,
    now: datetime,
    token_of: Callable[[User], str] | None = None,
    **context: Any,
) -> None:
    """Queue one e-mail to each active person of the company, in that person's language.

    `stamp` tells one occasion from another: the same one is written once. `token_of` gives the
    `token` of a link that only that person holds; such a mail is secret.
    """
    for member in people_of(provider.company_id):
        own = {"token": token_of(member)} if token_of else {}
        queue_email(
            to=member.email,
            template=template,
            context={"provider": provider, "member": member, **context, **own},
            dedup_key=f"{template}:{provider.pk}:{member.pk}:{stamp.isoformat()}",
            language=member.language,
            secret=token_of is not None,
            now=now,
        )
