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


@shared_task
def remind_of_stages() -> None:
    """Write to the companies whose next diagnostic opens. Safe to run twice, and by two workers."""
    from diagnostics.services import progress  # noqa: PLC0415 -- leaf

    progress.remind_due(now=timezone.now())


@shared_task
def write_benchmarks() -> None:
    """Compute what companies of one size come to. Safe to run twice."""
    from diagnostics.services import benchmarks  # noqa: PLC0415 -- leaf

    benchmarks.refresh(now=timezone.now())
