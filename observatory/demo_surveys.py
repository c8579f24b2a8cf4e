"""Surveys of the demonstration: a barometer published, and one that everybody may answer."""

import random
from datetime import datetime, timedelta

from django.utils.timezone import localdate

from emn.accounts.demo import AGENT
from emn.accounts.models import User
from emn.questionnaires import services as questionnaires
from emn.questionnaires.models import QuestionnaireVersion
from emn.questionnaires.paths import random_answers
from emn.territory.models import SectorDefinition
from observatory.models import Survey
from observatory.services import publications
from observatory.services.surveys import collecting, fieldwork, work
from observatory.services.surveys.reference import sync_surveys
from observatory.survey_enums import Axis, Source, SurveyState, Work

SAMPLE, ANSWERS_OF_TEN, SEED = 160, 7, 57
INTRO = (
    "**Chiffres fictifs**, tirés au sort pour la démonstration. La méthode, elle, est celle du "
    "portail : tirage, non-réponse, calage, intervalles."
)


def write_demo_surveys(*, now: datetime) -> int:
    """Write them once; return how many surveys there are."""
    sync_surveys(write=True)
    if Survey.objects.exists():
        return 0
    version = QuestionnaireVersion.objects.published().get(questionnaire__code="barometre")
    volunteers = Survey.objects.create(
        code="vos-besoins", title="De quoi avez-vous besoin cette année ?",
        population="toutes les entreprises qui le souhaitent", version=version,
        source=Source.OPEN, created_at=now,
    )  # fmt: skip
    fieldwork.open_survey(
        survey_id=volunteers.pk, closes_on=localdate(now + timedelta(days=60)), now=now
    )
    return 1 + _barometer(version, now=now)


def _barometer(version: QuestionnaireVersion, *, now: datetime) -> int:
    """Lead one from the draw to its publication, where the register has enough firms."""
    begun = now - timedelta(days=40)
    survey = Survey.objects.create(
        code="barometre-demonstration", title="Baromètre du numérique (démonstration)",
        population="les établissements du secteur du numérique", version=version,
        sector=SectorDefinition.objects.order_by("pk").first(), axes=[Axis.SIZE],
        sample_size=SAMPLE, created_at=begun,
    )  # fmt: skip
    for kind in (Work.FRAME, Work.DRAW):
        survey.refresh_from_db()
        if kind == Work.DRAW and (survey.frame_size or 0) < SAMPLE:
            survey.delete()
            return 0
        work.ask(survey_id=survey.pk, work=kind, seed=SEED, now=begun)
        work.work_on(survey_id=survey.pk, now=begun)
    survey.refresh_from_db()
    if survey.state != SurveyState.DRAWN:
        survey.delete()
        return 0
    closes = localdate(begun + timedelta(days=30))
    fieldwork.open_survey(survey_id=survey.pk, closes_on=closes, now=begun)
    chance = random.Random(SEED)  # noqa: S311 -- invented answers
    definition = questionnaires.definition_of(version.pk)
    for unit in survey.units.order_by("siret"):
        if chance.random() * 10 < ANSWERS_OF_TEN:
            run = collecting.begin(token=unit.token, language="fr", now=begun)
            answers = random_answers(definition, chance) | {"said": None}
            questionnaires.save_answers(run=run, values=answers, seen={}, now=begun)
            collecting.submit(token=unit.token, key=run.key, now=begun)
    fieldwork.close(survey_id=survey.pk, now=begun + timedelta(days=31))
    work.ask(survey_id=survey.pk, work=Work.FREEZE, now=now)
    work.work_on(survey_id=survey.pk, now=now)
    _publish(survey, now=now)
    return 1


def _publish(survey: Survey, *, now: datetime) -> None:
    agent = User.objects.filter(email=AGENT).first()
    edition = survey.editions.first()
    if agent is None or edition is None:
        return
    draft = publications.compose_from(edition_id=edition.pk)
    draft.parts.filter(position=1).update(text=INTRO)
    publications.publish(publication_id=draft.pk, by_id=agent.pk, now=now)
