"""Reviews as the public pages show them: the figures of a card, the page of its reviews."""

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Avg, Count, Q

from directory.models import Review
from directory.models.reviews import RATINGS
from directory.reviews.levels import VERIFIED

ON_A_CARD = 3
PER_PAGE = 20
NEWEST, OLDEST = "recents", "anciens"


@dataclass(frozen=True, slots=True)
class Figures:
    """The mean of each rating and of all, over the published reviews of a card, and how many.

    `mean` is the plain mean of the five; a review counts here from its publication on.
    """

    count: int
    verified: int
    mean: float
    lines: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class CardReviews:
    """What a card shows: its figures, and the newest reviews."""

    figures: Figures | None
    newest: list[Review]


def figures_of(provider_id: int) -> Figures | None:
    """Return the figures of a card, None without a review."""
    means = {name: Avg(name) for name in RATINGS}
    found: dict[str, Any] = (
        Review.objects.published()
        .filter(provider=provider_id)
        .aggregate(count=Count("pk"), verified=Count("pk", filter=Q(level__in=VERIFIED)), **means)
    )
    if not found["count"]:
        return None
    lines = tuple(
        (str(Review._meta.get_field(name).verbose_name), float(found[name]))  # type: ignore[union-attr]
        for name in RATINGS
    )
    mean = sum(value for _name, value in lines) / len(lines)
    return Figures(found["count"], found["verified"], mean, lines)


def card_reviews(provider_id: int) -> CardReviews:
    """Return what a card shows; one query without a review, three with them."""
    figures = figures_of(provider_id)
    if figures is None:
        return CardReviews(None, [])
    rows = Review.objects.published().filter(provider=provider_id).with_standing()
    return CardReviews(figures, list(rows.newest_first()[:ON_A_CARD]))


def reviews_page(provider_id: int, *, order: str, number: str | None) -> Page[Review]:
    """Return one page of a card's reviews: the newest first, or in the order of publication."""
    rows = Review.objects.published().filter(provider=provider_id).with_standing()
    rows = rows.oldest_first() if order == OLDEST else rows.newest_first()
    return Paginator(rows, PER_PAGE).get_page(number)
