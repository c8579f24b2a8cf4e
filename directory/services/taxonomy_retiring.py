"""Removing a term: what it holds goes to another, however many cards that is."""

from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.db.models import Exists, Max, OuterRef
from django.utils.translation import gettext as _

from directory.models import (
    ClusterSkill,
    MemberSkill,
    Need,
    Offer,
    PriceIndication,
    Provider,
    Service,
    ServiceCategory,
    TermRedirect,
)
from directory.search.index import index_all
from directory.services.taxonomy import taxonomy_changed
from directory.services.taxonomy_editing import (
    LANGUAGES,
    TermRefused,
    add_words,
    text,
    words_of,
)
from emn.lib.commit import after_commit
from emn.lib.db import Relation, relations_to
from emn.lib.page_cache import touch

MOVED_AT_ONCE = 500  # cards of a batch; with more, the worker moves them


def retire_service(*, service_id: int, target_id: int, now: datetime) -> bool:
    """Remove a service: its offers, words and address go to another; return whether it is gone.

    With many cards the worker moves them first: until then the service is found, at its address,
    by those that are left. Raises TermRefused (the same, one that is gone or being removed).
    """
    if _begin(service_id=service_id, target_id=target_id):
        return False
    move_offers(service_id=service_id, now=now)
    return True


@transaction.atomic(durable=True)
def _begin(*, service_id: int, target_id: int) -> bool:
    """Say where the offers go; return whether that is left to the worker."""
    from directory.tasks import move_offers_left  # noqa: PLC0415 -- tasks import the services

    old, target = _locked_pair(Service, service_id, target_id)
    _refuse_forgotten(Service)
    if old.leaves_for_id or target.leaves_for_id or old.arriving.exists():
        raise TermRefused(_("Des offres de l’un de ces services sont en route : attendez la fin."))
    old.leaves_for = target
    old.save(update_fields=["leaves_for"])
    if is_long := is_move_long(old):
        after_commit(move_offers_left.delay)
    return is_long


def is_move_long(service: Service) -> bool:
    """Whether more cards offer the service than a request may move."""
    return service.offers.order_by("pk")[: MOVED_AT_ONCE + 1].count() > MOVED_AT_ONCE


def leaving_services() -> list[int]:
    """Return the keys of the services that are being removed."""
    return list(
        Service.objects.exclude(leaves_for=None).order_by("pk").values_list("pk", flat=True)
    )


def move_offers(*, service_id: int, now: datetime) -> None:
    """Bring a removal to its end, one transaction a batch. Safe to run twice, or two at once."""
    while not _finish(service_id=service_id, now=now):
        while _move_some(service_id=service_id):
            pass


@transaction.atomic(durable=True)
def _move_some(*, service_id: int) -> int:
    """Move the offers of some cards and index these again; return how many cards.

    The cards are locked before the service, as whoever writes a card does.
    """
    offering = Provider.objects.filter(Exists(_offers_of(service_id, OuterRef("pk"))))
    cards = list(
        offering.order_by("pk")
        .select_for_update(of=("self",))
        .values_list("pk", flat=True)[:MOVED_AT_ONCE]
    )
    old = Service.objects.filter(pk=service_id).exclude(leaves_for=None).first()
    if old is None or not cards:
        return 0
    offers = Offer.objects.filter(service=old, provider__in=cards)
    held = Offer.objects.filter(service=old.leaves_for_id, provider=OuterRef("provider"))
    offers.exclude(Exists(held)).update(service=old.leaves_for_id)
    offers.delete()
    prices = PriceIndication.objects.filter(service=old, provider__in=cards)
    prices.update(service=old.leaves_for_id)
    index_all(
        list(
            Provider.objects.published()
            .with_place()
            .with_content()
            .filter(pk__in=cards)
            .order_by("pk")
        )
    )
    touch()
    return len(cards)


@transaction.atomic(durable=True)
def _finish(*, service_id: int, now: datetime) -> bool:
    """Remove the service once no card offers it; return whether it is gone."""
    found = Service.objects.filter(pk=service_id).values_list("leaves_for", flat=True).first()
    if found is None:
        return True
    pair = Service.objects.select_for_update(of=("self",)).filter(pk__in=[service_id, found])
    rows = {row.pk: row for row in pair.order_by("pk")}
    if service_id not in rows:
        return True
    old, target = rows[service_id], rows[found]
    if old.offers.exists():
        return False
    PriceIndication.objects.filter(service=old).update(service=target)
    for language in LANGUAGES:
        words = [text(old, "name", language), *words_of(old, language)]
        add_words(target, language, [word for word in words if word])
    TermRedirect.objects.filter(service=old).update(service=target)
    Need.objects.filter(service=old).update(service=target)
    _move_pairs(ClusterSkill.objects, "cluster", old, target)
    _move_pairs(MemberSkill.objects, "member", old, target)
    for model, field in _followers:
        model._base_manager.filter(**{field: old}).update(**{field: target})
    _leave_address(old, service=target, now=now)
    old.delete()
    target.curated_at = now
    target.save()
    touch()
    return True


def _move_pairs(pairs: models.Manager[Any], owner: str, old: Service, target: Service) -> None:
    """Give those who have the service the other one, once each."""
    held = pairs.filter(service=target).values(owner)
    pairs.filter(service=old).exclude(**{f"{owner}__in": held}).update(service=target)
    pairs.filter(service=old).delete()


def _offers_of(service_id: int, provider: Any) -> models.QuerySet[Offer]:
    return Offer.objects.filter(service=service_id, provider=provider)


@transaction.atomic(durable=True)
def retire_category(*, category_id: int, target_id: int, now: datetime) -> int:
    """Remove a family: its services and its address go to another; return how many services went.

    Raises TermRefused (the same, or one that is gone).
    """
    old, target = _locked_pair(ServiceCategory, category_id, target_id)
    _refuse_forgotten(ServiceCategory)
    last = target.services.aggregate(last=Max("position"))["last"] or 0
    moved: int = old.services.update(
        category=target, position=models.F("position") + last + 1, curated_at=now
    )
    TermRedirect.objects.filter(category=old).update(category=target)
    _leave_address(old, category=target, now=now)
    old.delete()
    taxonomy_changed()
    return moved


# What points to a term, and is moved above. A test compares it with the models.
HANDLED: dict[type[models.Model], set[Relation]] = {
    Service: {
        (Offer, "service"),
        (PriceIndication, "service"),
        (TermRedirect, "service"),
        (Need, "service"),
        (ClusterSkill, "service"),
        (MemberSkill, "service"),
        (Service, "leaves_for"),
    },
    ServiceCategory: {(Service, "category"), (TermRedirect, "category")},
}

_followers: set[Relation] = set()


def follow(model: type[models.Model], field: str = "service") -> None:
    """Have the rows of `model`, of a higher app, go to the service that stays."""
    _followers.add((model, field))
    HANDLED[Service].add((model, field))


def _refuse_forgotten(model: type[models.Model]) -> None:
    if left := set(relations_to(model)) - HANDLED[model]:
        raise LookupError(f"say what becomes of {left} (directory.services.taxonomy_retiring)")


def _locked_pair(model: Any, old_id: int, target_id: int) -> tuple[Any, Any]:
    """Return both terms, locked in the order of their keys."""
    if old_id == target_id:
        raise TermRefused(_("Choisissez un autre terme que celui que vous retirez."))
    rows = model._default_manager.select_for_update(of=("self",)).order_by("pk")
    found = {row.pk: row for row in rows.filter(pk__in=[old_id, target_id])}
    if len(found) < 2:  # noqa: PLR2004 -- a pair
        raise TermRefused(_("L’un de ces termes n’existe plus : rechargez la page."))
    return found[old_id], found[target_id]


def _leave_address(old: Any, *, now: datetime, **target: Any) -> None:
    TermRedirect.objects.create(
        slug=old.slug, code=old.code, name=old.name_fr or old.name, removed_at=now, **target
    )
