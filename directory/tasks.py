"""Tasks of the directory."""

from celery import shared_task


@shared_task
def reindex_directory() -> None:
    """Index every published card again. Safe to run twice."""
    from directory.services.taxonomy import reindex_published  # noqa: PLC0415 -- leaf

    reindex_published()
