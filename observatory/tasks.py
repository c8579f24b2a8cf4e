"""Tasks of the observatory."""

from celery import shared_task
from django.utils import timezone


@shared_task
def count_agreement(*, agreement_id: int) -> None:
    """Count the objectives of an agreement. Safe to run twice."""
    from observatory.services import funding  # noqa: PLC0415 -- leaf

    funding.count(agreement_id=agreement_id, now=timezone.now())


@shared_task
def count_agreements() -> None:
    """Count the objectives of those that run. Safe to run twice."""
    from observatory.services import funding  # noqa: PLC0415 -- leaf

    funding.count_running(now=timezone.now())


@shared_task
def compose_report(*, report_id: int) -> None:
    """Compute a report for a funder. Safe to run twice."""
    from observatory.services import funding  # noqa: PLC0415 -- leaf

    funding.compose(report_id=report_id, now=timezone.now())


@shared_task
def write_report(*, report_id: int) -> None:
    """Write the papers of a frozen report. Safe to run twice."""
    from observatory.services import funder_reports  # noqa: PLC0415 -- leaf

    funder_reports.write_documents(report_id=report_id, now=timezone.now())


@shared_task
def finish_reports() -> None:
    """Make up for lost calls: reports to compute, papers to write. Safe to run twice."""
    from observatory.services import funder_reports, funding  # noqa: PLC0415 -- leaf

    now = timezone.now()
    funding.compose_left(now=now)
    funder_reports.write_missing_documents(now=now)


@shared_task
def write_open_data() -> None:
    """Write the open files again. Safe to run twice."""
    from observatory.services import open_data  # noqa: PLC0415 -- leaf

    open_data.write_all(now=timezone.now())


@shared_task
def measure_promises() -> None:
    """Measure the promises of the day. Safe to run twice."""
    from observatory.services import promises  # noqa: PLC0415 -- leaf

    promises.measure(now=timezone.now())
