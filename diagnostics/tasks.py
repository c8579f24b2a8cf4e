"""Tasks of the diagnostics."""

from celery import shared_task
from django.utils import timezone


@shared_task
def write_documents(*, diagnostic_id: int) -> None:
    """Write the report and the attestation of a signed visit. Safe to run twice."""
    from diagnostics.services import signing  # noqa: PLC0415 -- leaf

    signing.issue(diagnostic_id=diagnostic_id, now=timezone.now())


@shared_task
def write_missing_documents() -> None:
    """Write what a lost call left unwritten. Safe to run twice, and by two workers."""
    from diagnostics.services import signing  # noqa: PLC0415 -- leaf

    signing.issue_missing(now=timezone.now())
