"""What the pages have done behind the requests."""

from celery import shared_task
from django.utils import timezone


@shared_task
def draw_social_cards() -> None:
    """Draw the pictures of shared pages that are missing. Safe to run twice."""
    from emn.pages.services.cards import draw_missing  # noqa: PLC0415 -- leaf

    draw_missing(now=timezone.now())
