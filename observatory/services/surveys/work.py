"""What takes seconds goes to a worker: counting the frame, drawing, freezing an edition.

Staff asks; the worker does it in one transaction and notes what it could not. A sweep rings again
for what a dead worker or broker lost.
"""

import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from emn.lib.commit import after_commit
from emn.lib.errors import DomainError
from observatory import tasks
from observatory.models import Survey
from observatory.services.surveys import editions, sampling
from observatory.services.surveys.errors import SurveyRefused
from observatory.survey_enums import SurveyState, Work

GRACE = timedelta(minutes=2)
SEED_BITS = 31
_ALLOWED = {
    Work.FRAME: (SurveyState.DRAFT, SurveyState.FRAMED),
    Work.DRAW: (SurveyState.FRAMED,),
    Work.FREEZE: (SurveyState.CLOSED,),
}


@transaction.atomic(durable=True)
def ask(*, survey_id: int, work: Work, now: datetime, seed: int | None = None) -> Survey:
    """Have a worker do it. `seed` is the draw's; without one it is drawn by chance.

    Raises Survey.DoesNotExist, or SurveyRefused: not now, or something is under way.
    """
    survey = Survey.objects.select_for_update(of=("self",)).get(pk=survey_id)
    if survey.state not in _ALLOWED[work] or (survey.is_open_link and work != Work.FREEZE):
        raise SurveyRefused(
            _("Cette enquête est « %(state)s » : l’action n’est pas possible.")
            % {"state": survey.get_state_display()}
        )
    if survey.work:
        raise SurveyRefused(_("Un travail est en cours pour cette enquête : attendez sa fin."))
    survey.work, survey.work_asked_at, survey.trouble = work, now, ""
    if work == Work.DRAW:
        survey.seed = secrets.randbits(SEED_BITS) if seed is None else seed
    survey.save(update_fields=["work", "work_asked_at", "trouble", "seed"])
    after_commit(lambda: tasks.work_on_survey.delay(survey_id=survey_id))
    return survey


def work_on(*, survey_id: int, now: datetime) -> None:
    """Do what was asked for; twice is once. What is refused is noted on the survey."""
    try:
        _do(survey_id=survey_id, now=now)
    except DomainError as refusal:
        Survey.objects.filter(pk=survey_id).update(work="", trouble=refusal.message[:300])


@transaction.atomic(durable=True)
def _do(*, survey_id: int, now: datetime) -> None:
    survey = Survey.objects.select_for_update(of=("self",)).get(pk=survey_id)
    match survey.work:
        case Work.FRAME:
            sampling.count_frame(survey, now=now)
        case Work.DRAW:
            sampling.draw_sample(survey, now=now)
        case Work.FREEZE:
            editions.freeze(survey, now=now)
        case _:
            return
    survey.work = ""
    survey.save(update_fields=["work"])


def ring_again(*, now: datetime) -> None:
    """Call again for the works that a dead worker or a dead broker lost."""
    lost = Survey.objects.with_work().filter(work_asked_at__lt=now - GRACE)
    for survey_id in list(lost.values_list("pk", flat=True)):
        tasks.work_on_survey.delay(survey_id=survey_id)
