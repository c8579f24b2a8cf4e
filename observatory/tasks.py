"""Tasks of the observatory."""

import logging

from celery import shared_task
from django.utils import timezone

logger = logging.getLogger(__name__)


@shared_task
def refresh_indicators() -> None:
    """Publish what changed, and draw what has no charts. Safe to run twice."""
    from observatory.services import charts, indicators  # noqa: PLC0415 -- leaf

    indicators.refresh(now=timezone.now())
    charts.draw_missing()


@shared_task
def correct_indicator(*, code: str, note: str) -> None:
    """Publish a correction. Run twice, the second changes nothing, and says so in the log."""
    from observatory.services import indicators  # noqa: PLC0415 -- leaf

    try:
        indicators.correct(code=code, note=note, now=timezone.now())
    except indicators.NotPublished as refusal:
        logger.warning("indicator %s was not corrected: %s", code, refusal)


@shared_task
def draw_release(*, release_id: int) -> None:
    """Draw the charts of a release. Safe to run twice."""
    from observatory.services import charts  # noqa: PLC0415 -- leaf

    charts.draw(release_id=release_id)
