"""Making two cards one: what is taken from each, what follows, and the old address that leads on.

Whatever points to a card must say what becomes of it here (`follow`, `leave`): a merge with a
relation that nobody thought of is refused, and a test fails first.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models, transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from directory.content import ROW_FIELDS, label_of
from directory.enums import MembershipRole, ProviderStatus, TrustSource, TrustStanding
from directory.models import (
    CardDay,
    CardMerge,
    CardRedirect,
    CardReport,
    CardTranslation,
    Certification,
    Correction,
    DuplicatePair,
    Membership,
    Mission,
    Need,
    Offer,
    Picture,
    PriceIndication,
    Proposal,
    Provider,
    Quote,
    Reference,
    RequestPause,
    Review,
    SearchDocument,
    TrustEvent,
    TrustFile,
)
from directory.models.providers import MOST_KEYWORDS, MOST_SERVICES
from directory.search.index import index
from directory.services import complaint_ledger
from directory.services.quality import score_card
from directory.services.sharing import draw_after_commit
from directory.services.telling import tell_each
from directory.services.trust_charter import follow_card
from directory.services.writing import MOST_PICTURES, MOST_ROWS, forget_picture
from emn.accounts.models import User
from emn.lib.db import Relation, relations_to
from emn.lib.errors import DomainError
from emn.lib.page_cache import touch
from emn.lib.storage import delete_after_commit

KEPT, MERGED, BOTH = "kept", "merged", "both"
SERVICES = "services"
Mover = Callable[[Provider, Provider], int]


class MergeRefused(DomainError):
    """The two cards cannot be made one so."""


# --- What points to a card ---

_movers: dict[Relation, Mover] = {}


def follow(
    model: type[models.Model],
    field: str = "provider",
    *,
    unique_with: Iterable[str] = (),
    most: int | None = None,
) -> None:
    """Have the rows of `model` follow the card that is kept.

    A row that the kept card already has, by the fields of `unique_with`, goes with the other card;
    so do the last ones, by position, beyond the `most` that a card holds.
    """
    _movers[model, field] = partial(_move, model, field, unique_with=tuple(unique_with), most=most)


def leave(model: type[models.Model], field: str = "provider") -> None:
    """Let the rows of `model` go with the card that disappears."""
    _movers[model, field] = lambda _kept, _merged: 0


def forgotten() -> list[Relation]:
    """Return those of which nobody said what becomes of them in a merge."""
    return [relation for relation in relations_to(Provider) if relation not in _movers]


def _move(
    model: type[models.Model],
    field: str,
    kept: Provider,
    merged: Provider,
    *,
    unique_with: tuple[str, ...],
    most: int | None,
) -> int:
    rows = model._base_manager.filter(**{field: merged})
    if unique_with:
        same = {name: OuterRef(name) for name in unique_with}
        rows = rows.exclude(Exists(model._base_manager.filter(**{field: kept}, **same)))
    if most is not None:
        room = max(0, most - model._base_manager.filter(**{field: kept}).count())
        first = list(rows.order_by("position", "pk").values_list("pk", flat=True)[:room])
        rows = model._base_manager.filter(pk__in=first)
    return rows.update(**{field: kept})


_facts_of_its_own = TrustEvent.objects.filter(file=OuterRef("pk")).exclude(
    source__in=[
        TrustSource.CHARTER,
        TrustSource.REGISTER,
        TrustSource.BODACC,
        TrustSource.CARD,
        TrustSource.CLOCK,
    ]
)


def _move_trust(kept: Provider, merged: Provider) -> int:
    """Let the file follow, unless the kept card has one; the other then stays, without a card.

    Two ledgers are never made one: no fact is ever rewritten. One that holds facts of its own never
    stays behind: reviews, complaints and sanctions would be gone with the card.
    """
    files = TrustFile.objects.filter(provider=merged)
    if not TrustFile.objects.filter(provider=kept).exists():
        return files.update(provider=kept, computed_on=None)
    if files.filter(Exists(_facts_of_its_own)).exists():
        raise MergeRefused(
            _(
                "Ces deux fiches ont chacune un dossier de confiance, avec ses faits (avis, "
                "plaintes, demandes…) : elles ne se réunissent pas. Masquez plutôt celle qui ne "
                "sert plus."
            )
        )
    two_adhesions = kept.company.siren != merged.company.siren  # else one, told in both
    if two_adhesions and files.exclude(standing=TrustStanding.NONE).exists():
        raise MergeRefused(
            _(
                "Ces deux fiches ont chacune une adhésion à la charte : mettez d’abord fin à celle "
                "de la fiche qui disparaît."
            )
        )
    return 0


_MOST = {name: MOST_ROWS[name] for name in ("references", "prices", "certifications")}
_MOST["pictures"] = MOST_PICTURES
follow(Offer, unique_with=["service"])
follow(Reference, most=_MOST["references"])
follow(PriceIndication, unique_with=["service"], most=_MOST["prices"])
follow(Certification, unique_with=["code"], most=_MOST["certifications"])
follow(CardTranslation, unique_with=["language"])
follow(Picture, unique_with=["name"], most=_MOST["pictures"])
leave(Correction)  # it corrects the words of the card that disappears
follow(CardReport)
leave(CardDay)  # what was seen of a card stays its own
follow(CardRedirect)
follow(CardMerge, "kept")
leave(SearchDocument)
_movers[TrustFile, "provider"] = _move_trust
follow(Proposal, unique_with=["need"])
follow(Quote)  # with the series that numbered it
follow(Need, "wished")
follow(Mission, unique_with=["client", "ended_on", "subject"])
follow(Review)
leave(RequestPause)
leave(DuplicatePair, "first")
leave(DuplicatePair, "second")


# --- What a card says ---


@dataclass(frozen=True, slots=True)
class Difference:
    """A field on which two cards differ; a list may be taken from both."""

    name: str
    label: str
    kept: Any
    merged: Any
    is_list: bool

    @property
    def default(self) -> str:
        """What is taken unless staff says otherwise: nothing written is lost."""
        if self.is_list:
            return BOTH
        return KEPT if self.kept else MERGED


def differences(kept: Provider, merged: Provider) -> list[Difference]:
    """Return the fields on which the two cards differ, services last."""
    found = [
        Difference(
            name=field.name,
            label=str(field.verbose_name),
            kept=getattr(kept, field.name),
            merged=getattr(merged, field.name),
            is_list=isinstance(field, ArrayField),
        )
        for field in _fields()
        if getattr(kept, field.name) != getattr(merged, field.name)
    ]
    ours, theirs = (
        [offer.service for offer in card.offers.select_related("service").order_by("service_id")]
        for card in (kept, merged)
    )
    if ours != theirs:
        label = _("services")
        found.append(Difference(SERVICES, label, ours, theirs, is_list=True))
    return found


def too_long(kept: Provider, merged: Provider) -> list[str]:
    """Return the lists that may lose rows of the other card: a card holds only so many."""
    return [
        label_of(name)
        for name, most in _MOST.items()
        if getattr(kept, name).count() + getattr(merged, name).count() > most
    ]


def _fields() -> list[Any]:
    """Return what may be taken from the other card: what its owner wrote on the row."""
    return [Provider._meta.get_field(name) for name in (*ROW_FIELDS, "logo")]


# --- The merge ---


@transaction.atomic(durable=True)
def merge_cards(
    *,
    kept_id: int,
    merged_id: int,
    choices: Mapping[str, str],
    move_people: bool,
    read_versions: tuple[datetime, datetime] | None = None,
    by_id: int,
    now: datetime,
) -> CardMerge:
    """Make the two cards one, for good: the other disappears, its address leads to the kept one.

    `choices`: field → KEPT, MERGED or BOTH (lists); a field that is not named stays the kept
    card's. `move_people`: who acts for the other company may write the kept card. `read_versions`:
    the `edited_at` of the two texts that staff compared. Raises MergeRefused.
    """
    kept, merged = _locked_pair(kept_id, merged_id)
    _refuse_states(kept, merged)
    if read_versions not in {None, (kept.edited_at, merged.edited_at)}:
        raise MergeRefused(
            _("L’une des fiches a changé depuis que vous l’avez ouverte : comparez-les de nouveau.")
        )
    if relations_left := forgotten():
        raise LookupError(f"say what becomes of {relations_left} (directory.services.merging)")
    taken = _take(kept, merged, choices)
    if choices.get(SERVICES) == MERGED:
        kept.offers.all().delete()
    elif choices.get(SERVICES, KEPT) == KEPT:
        merged.offers.all().delete()
    _refuse_too_many(kept, merged)
    _drop_prices_left(kept, merged)
    moved = {
        f"{model._meta.label}.{field}": count
        for (model, field), mover in _movers.items()
        if (count := mover(kept, merged))
    }
    if kept.published_at is not None:
        follow_card(kept, now=now)
        complaint_ledger.follow_card(kept, now=now)
    told = _people_of(kept, merged)
    if move_people and kept.company_id != merged.company_id:
        moved["directory.Membership"] = _move_people(kept, merged, now=now)
    name, slug, siret = merged.name, merged.slug, merged.company.siret
    for picture in merged.pictures.all():
        forget_picture(kept.logo.storage, picture)
    merged.status = ProviderStatus.HIDDEN  # in memory: the search forgets it before it is gone
    index(merged)
    merged.delete()
    _adopt_history(kept, merged_id=merged_id, slug=slug)
    CardRedirect.objects.create(slug=slug, provider=kept, created_at=now)
    if kept.reviewed_at and kept.reviewed_at >= kept.edited_at:
        kept.reviewed_at = now  # staff wrote this text: it has nothing to read again
    kept.edited_at = now
    kept.save()
    score_card(kept, now=now)
    if kept.is_published:
        index(kept)
        draw_after_commit(kept)
    touch()
    entry = CardMerge.objects.create(
        kept=kept,
        merged_id=merged_id,
        merged_slug=slug,
        merged_name=name,
        merged_siret=siret,
        choices=taken,
        moved=moved,
        merged_at=now,
        merged_by_id=by_id,
    )
    tell_each(
        told,
        "cards_merged",
        occasion=entry.pk,
        now=now,
        provider=entry.kept,
        merged_name=entry.merged_name,
    )
    return entry


def _locked_pair(kept_id: int, merged_id: int) -> tuple[Provider, Provider]:
    """Return both cards, locked in the order of their keys: two merges never wait in a ring."""
    if kept_id == merged_id:
        raise MergeRefused(_("C’est la même fiche : choisissez-en deux."))
    rows = Provider.objects.select_for_update(of=("self",)).select_related("company__commune__epci")
    found = {card.pk: card for card in rows.filter(pk__in=[kept_id, merged_id]).order_by("pk")}
    if len(found) < 2:  # noqa: PLR2004 -- a pair
        raise MergeRefused(
            _("L’une de ces fiches n’existe plus : quelqu’un vient peut-être de les réunir.")
        )
    return found[kept_id], found[merged_id]


def _refuse_states(kept: Provider, merged: Provider) -> None:
    if ProviderStatus.DRAFT in {kept.status, merged.status}:
        raise MergeRefused(
            _("L’une des fiches est un brouillon : il est encore à son auteur. Attendez son envoi.")
        )
    if merged.is_published and not kept.is_published:
        raise MergeRefused(
            _("Gardez plutôt la fiche publiée : sinon son adresse ne mènerait plus nulle part.")
        )


def _take(kept: Provider, merged: Provider, choices: Mapping[str, str]) -> dict[str, str]:
    """Write on the kept card what is taken from the other; return the choices that count."""
    taken = {}
    for field in _fields():
        choice = choices.get(field.name, KEPT)
        mine, theirs = getattr(kept, field.name), getattr(merged, field.name)
        if isinstance(field, models.FileField):
            dropped = mine if choice == MERGED else theirs
            if dropped and mine != theirs:
                delete_after_commit(dropped)
            theirs = theirs.name
        if choice == MERGED:
            setattr(kept, field.name, theirs)
        elif choice == BOTH and isinstance(field, ArrayField):
            setattr(kept, field.name, list(dict.fromkeys([*mine, *theirs])))
        else:
            continue
        taken[field.name] = choice
    if SERVICES in choices:
        taken[SERVICES] = choices[SERVICES]
    return taken


def _refuse_too_many(kept: Provider, merged: Provider) -> None:
    """Refuse what staff takes from both when one card cannot hold it: staff chooses again."""
    both = Offer.objects.filter(provider__in=[kept, merged])
    if both.values("service").distinct().count() > MOST_SERVICES:
        raise MergeRefused(
            _("Ensemble, ces fiches ont plus de %(count)s services : prenez ceux de l’une.")
            % {"count": MOST_SERVICES}
        )
    if len(kept.keywords) > MOST_KEYWORDS:
        raise MergeRefused(
            _("Ensemble, ces fiches ont plus de %(count)s mots-clés : prenez ceux de l’une.")
            % {"count": MOST_KEYWORDS}
        )


def _drop_prices_left(*cards: Provider) -> None:
    """Delete the prices of services that neither card offers any more."""
    offered = Offer.objects.filter(provider__in=cards).values("service")
    prices = PriceIndication.objects.filter(provider__in=cards, service__isnull=False)
    prices.exclude(service__in=offered).delete()


def _people_of(*cards: Provider) -> list[User]:
    companies = [card.company_id for card in cards]
    people = User.objects.filter(is_active=True, memberships__company__in=companies)
    return list(people.order_by("pk").distinct())


def _move_people(kept: Provider, merged: Provider, *, now: datetime) -> int:
    """Let who acts for the other company write the kept card; none becomes responsible by it."""
    already = Membership.objects.filter(company=kept.company_id)
    alone = not already.exists()
    added = [
        Membership(
            company=kept.company,
            user_id=link.user_id,
            role=link.role if alone else MembershipRole.EDITOR,
            joined_at=now,
        )
        for link in Membership.objects.filter(company=merged.company_id).exclude(
            user__in=already.values("user")
        )
    ]
    return len(Membership.objects.bulk_create(added, ignore_conflicts=True))


def _adopt_history(kept: Provider, *, merged_id: int, slug: str) -> None:
    """Keep what the other card said among the versions of the kept one: erasing finds it there."""
    versions = Provider.history.filter(id=merged_id)
    versions.filter(history_type="-").delete()
    versions.update(id=kept.pk, history_change_reason=f"Fiche réunie : {slug}"[:100])
