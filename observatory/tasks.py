"""Tasks of the observatory."""

from celery import shared_task
from django.utils import timezone


@shared_task
def work_on_survey(*, survey_id: int) -> None:
    """Do what staff asked for a survey. Safe to run twice, and by two workers."""
    from observatory.services.surveys import work  # noqa: PLC0415 -- leaf

    work.work_on(survey_id=survey_id, now=timezone.now())


@shared_task
def run_survey_clocks() -> None:
    """Do what the clocks of surveys say is due. Safe to run twice, and by two workers."""
    from observatory.services.surveys import fieldwork, work  # noqa: PLC0415 -- leaf

    now = timezone.now()
    work.ring_again(now=now)
    fieldwork.tick(now=now)
