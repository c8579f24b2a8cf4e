"""Tasks of the observatory."""

from celery import shared_task
from django.utils import timezone


@shared_task
def refresh_indicators() -> None:
    """Publish what changed, and draw what has no charts. Safe to run twice."""
    from observatory.services import charts, indicators  # noqa: PLC0415 -- leaf

    indicators.refresh(now=timezone.now())
    charts.draw_missing()


@shared_task
def draw_release(*, release_id: int) -> None:
    """Draw the charts of a release. Safe to run twice."""
    from observatory.services import charts  # noqa: PLC0415 -- leaf

    charts.draw(release_id=release_id)
