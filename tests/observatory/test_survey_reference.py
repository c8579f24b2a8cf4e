"""The shipped questionnaires, and the demonstration that is led by the services."""

import json

import pytest

from emn.accounts.demo import AGENT
from emn.questionnaires.models import QuestionnaireVersion
from emn.questionnaires.services import definition_of
from emn.territory.models import Establishment
from observatory.demo_register import write_demo_register
from observatory.demo_surveys import write_demo_surveys
from observatory.models import Publication, Survey
from observatory.services.surveys.errors import SurveyRefused
from observatory.services.surveys.reference import sync_surveys
from observatory.survey_enums import SurveyState
from tests.directory.factories import UserFactory
from tests.observatory import surveys as make
from tests.observatory.surveys import LATER

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]


def test_what_is_shipped_is_published_once_and_in_three_languages():
    assert [diff.created for diff in sync_surveys(write=False)] == [["barometre 1.0"]]
    assert not QuestionnaireVersion.objects.exists()

    sync_surveys(write=True)
    again = sync_surveys(write=True)

    version = QuestionnaireVersion.objects.get()
    assert definition_of(version.pk).languages == ("fr", "de", "en")
    assert (again[0].created, again[0].unchanged) == ([], 1)


def test_a_file_that_changes_what_is_published_is_refused(tmp_path):
    file = tmp_path / "questionnaire-x-1.0.json"
    shipped = {"code": "x", "number": "1.0", "content": make.CONTENT}
    file.write_text(json.dumps(shipped))
    sync_surveys(write=True, folder=tmp_path)
    file.write_text(json.dumps(shipped | {"content": make.CONTENT | {"title": {"fr": "Autre"}}}))

    with pytest.raises(SurveyRefused, match=r"x 1\.0"):
        sync_surveys(write=True, folder=tmp_path)


def test_the_demonstration_publishes_a_barometer_once():
    make.register(small=1, large=1)
    Establishment.objects.all().delete()
    write_demo_register(now=LATER)  # the one of `make run`
    UserFactory(email=AGENT, is_staff=True)

    assert write_demo_surveys(now=LATER) == 2
    assert write_demo_surveys(now=LATER) == 0

    states = Survey.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == [SurveyState.OPEN, SurveyState.CLOSED]
    assert Publication.objects.published().count() == 1


def test_without_a_register_the_demonstration_has_no_barometer():
    make.register(small=5, large=5)

    assert write_demo_surveys(now=LATER) == 1
    assert Survey.objects.get().state == SurveyState.OPEN
