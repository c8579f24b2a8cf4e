"""Tasks of the directory."""

from celery import shared_task
from django.utils import timezone


@shared_task
def reindex_directory() -> None:
    """Index every published card again. Safe to run twice."""
    from directory.services.taxonomy import reindex_published  # noqa: PLC0415 -- leaf

    reindex_published()


@shared_task
def refresh_companies() -> None:
    """Bring the companies in line with the register. Safe to run twice."""
    from directory.services import companies  # noqa: PLC0415 -- leaf

    companies.refresh_companies(now=timezone.now())


@shared_task
def send_alerts() -> None:
    """Write the digests of alerts whose hour has come. Safe to run twice, and by two workers."""
    from directory.services import alerts  # noqa: PLC0415 -- leaf

    alerts.send_due_digests(now=timezone.now())


@shared_task
def announce_endings() -> None:
    """Tell whose alert ends soon. Safe to run twice."""
    from directory.services import alerts  # noqa: PLC0415 -- leaf

    alerts.announce_endings(now=timezone.now())


@shared_task
def shorten_counts() -> None:
    """Sum up the old counts of searches and views. Safe to run twice."""
    from directory.services import measures  # noqa: PLC0415 -- leaf

    measures.shorten_counts(now=timezone.now())


@shared_task
def report_unanswered() -> None:
    """Write last week's searches without result to the editors. Safe to run twice."""
    from directory.services import measures  # noqa: PLC0415 -- leaf

    measures.report_unanswered(now=timezone.now())
