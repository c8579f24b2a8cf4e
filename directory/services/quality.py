"""The quality score, stored on the card when it is written and each night (it ages)."""

from datetime import datetime

from django.db import transaction

from directory import quality
from directory.enums import ProviderStatus
from directory.models import Provider
from directory.quality import CardFacts, Score

BATCH = 2_000


def facts_of(card: Provider, *, now: datetime) -> CardFacts:
    """Return what the score looks at; `card` comes from `with_quality_facts()`."""
    age = None if card.confirmed_at is None else now - card.confirmed_at
    return CardFacts(
        description_signs=len(card.description),
        has_service=card.has_service,  # type: ignore[attr-defined]  # annotated
        has_public=bool(card.client_sizes or card.sectors),
        has_contact=bool(card.contact_mode and getattr(card, card.contact_mode)),
        has_area=bool(card.service_area),
        has_price=card.has_price,  # type: ignore[attr-defined]
        has_reference=card.has_reference,  # type: ignore[attr-defined]
        has_answer_delay=card.answer_days is not None,
        has_language=bool(card.languages),
        has_described_logo=bool(card.logo and card.logo_alt),
        months_since_confirmed=None if age is None else age.days / quality.DAYS_A_MONTH,
    )


def score_of(provider_id: int, *, now: datetime) -> Score:
    """Return the score of a card as it stands, line by line."""
    card = Provider.objects.with_quality_facts().get(pk=provider_id)
    return quality.score(facts_of(card, now=now))


def score_card(provider: Provider, *, now: datetime) -> None:
    """Store the score of a card that has just been written; an inner step of the services."""
    provider.quality = score_of(provider.pk, now=now).value
    Provider.objects.filter(pk=provider.pk).update(quality=provider.quality)


def refresh_quality(*, now: datetime) -> int:
    """Bring the stored scores of the public cards up to the day; return how many changed."""
    changed, last = 0, 0
    while True:
        with transaction.atomic(durable=True):
            cards = list(
                Provider.objects.filter(status=ProviderStatus.PUBLISHED, pk__gt=last)
                .with_quality_facts()
                .order_by("pk")[:BATCH]
                .select_for_update(of=("self",))
            )
            stale = []
            for card in cards:
                value = quality.score(facts_of(card, now=now)).value
                if abs(value - card.quality) > _NOTHING:
                    card.quality = value
                    stale.append(card)
            changed += Provider.objects.bulk_update(stale, ["quality"], batch_size=BATCH)
        if len(cards) < BATCH:
            return changed
        last = cards[-1].pk


_NOTHING = 1e-9
