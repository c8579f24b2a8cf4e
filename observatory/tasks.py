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
    """Publish a correction, or tell staff why not. Run twice, the second changes nothing."""
    from observatory.services import indicators  # noqa: PLC0415 -- leaf

    now = timezone.now()
    try:
        indicators.correct(code=code, note=note, now=now)
    except indicators.NotPublished as refusal:
        indicators.note_held(code=code, note=note, reason=refusal.message, now=now)


@shared_task
def draw_release(*, release_id: int) -> None:
    """Draw the charts of a release. Safe to run twice."""
    from observatory.services import charts  # noqa: PLC0415 -- leaf

    charts.draw(release_id=release_id)


@shared_task
def work_on_survey(*, survey_id: int) -> None:
    """Do what staff asked for a survey. Safe to run twice, and by two workers."""
    from observatory.services.surveys import work  # noqa: PLC0415 -- leaf

    work.work_on(survey_id=survey_id, now=timezone.now())


@shared_task
def run_survey_clocks() -> None:
    """Do what the clocks of surveys say is due. Safe to run twice, and by two workers."""
    from observatory.services.surveys import fieldwork, micro, work  # noqa: PLC0415 -- leaf

    now = timezone.now()
    micro.seal_due(now=now)
    work.ring_again(now=now)
    fieldwork.tick(now=now)


@shared_task
def make_publication_documents(*, publication_id: int) -> None:
    """Make the documents that wait of a publication. Safe to run twice, and by two workers."""
    from observatory.services import publication_documents  # noqa: PLC0415 -- leaf

    publication_documents.make(publication_id=publication_id, now=timezone.now())


@shared_task
def make_documents_left() -> None:
    """Make up for lost calls: documents of publications. Safe to run twice."""
    from observatory.services import publication_documents  # noqa: PLC0415 -- leaf

    publication_documents.make_left(now=timezone.now())


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
