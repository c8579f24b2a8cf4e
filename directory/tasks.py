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
def run_import(*, import_id: int) -> None:
    """Read a file of cards, or write it once it was asked. Safe to run twice."""
    from directory.services import imports  # noqa: PLC0415 -- leaf

    imports.check_import(import_id=import_id, now=timezone.now())
    imports.write_import(import_id=import_id, now=timezone.now())


@shared_task
def run_export(*, export_id: int) -> None:
    """Write the file of an export. Safe to run twice."""
    from directory.services import exports  # noqa: PLC0415 -- leaf

    exports.run_export(export_id=export_id)


@shared_task
def find_duplicates() -> None:
    """Propose the cards that may be the same. Safe to run twice."""
    from directory.services import duplicates  # noqa: PLC0415 -- leaf

    duplicates.find_duplicates(now=timezone.now())


@shared_task
def expire_claims() -> None:
    """Close the claims that went nowhere. Safe to run twice."""
    from directory.services import claims  # noqa: PLC0415 -- leaf

    claims.expire_claims(now=timezone.now())
