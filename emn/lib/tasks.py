"""Tasks of the foundation."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

CHANGES_KEPT = timedelta(hours=1)


@shared_task
def forget_old_changes() -> None:
    """Keep the table of page changes short: each process has long seen the old ones."""
    from emn.lib.page_cache import forget_changes  # noqa: PLC0415 -- leaf

    forget_changes(before=timezone.now() - CHANGES_KEPT)
