"""Where matching meets the trust index, the charter and the reviews: three questions, one place."""

from collections.abc import Iterable
from datetime import date, datetime
from functools import reduce
from operator import or_

from django.db.models import Q
from django.utils import timezone

from directory.enums import TrustStanding
from directory.matching.ranking import UNPUBLISHED
from directory.models import Adhesion, Company, Need, Provider, TrustFile
from directory.services import reviews


def trust_classes(card_ids: Iterable[int], *, on: date) -> dict[int, str]:
    """Return the published class of each card on that day; unpublished ones count as C (R1.25).

    A class is published on the days of the adhesion, whatever a task has noted of its end (R1.03).
    """
    classes = dict.fromkeys(card_ids, UNPUBLISHED)
    rated = TrustFile.objects.filter(
        provider__in=list(classes),
        standing=TrustStanding.RATED,
        provider__document__charter_from__lte=on,
        provider__document__charter_until__gt=on,
    )
    return classes | dict(rated.order_by("pk").values_list("provider_id", "letter"))


def suspended_cards(*, at: datetime) -> frozenset[int]:
    """Return the cards that the charter keeps from being proposed at that instant."""
    adhesions = Adhesion.objects.suspended(on=timezone.localdate(at)).order_by("pk")
    # Few, and by their keys: joined, PostgreSQL may read a million cards to find three.
    sirens = list(adhesions.values_list("siren", flat=True))
    if not sirens:
        return frozenset()
    of_sirens = (Q(siret__startswith=siren) for siren in sirens)  # all its establishments
    companies = list(Company.objects.filter(reduce(or_, of_sirens)).values_list("pk", flat=True))
    cards = Provider.objects.filter(company__in=companies).order_by("pk")
    return frozenset(cards.values_list("pk", flat=True))


def invite_review(*, need_id: int, card_id: int, now: datetime) -> None:
    """Ask the company for a review of the work done, in the caller's transaction (M7)."""
    need = Need.objects.select_related("company", "service").get(pk=need_id)
    reviews.invite_for_need(need=need, provider_id=card_id, now=now)
