"""What surveys hold of a person: given on request, erased on request and in its time."""

from datetime import timedelta

import pytest
from django.db import transaction

from emn.accounts.personal_data import due, erase_everything_about, export_of
from emn.questionnaires.models import Run
from observatory.models import AnonymousSheet, AnswerSheet, DrawnUnit
from observatory.services.surveys import fieldwork
from observatory.survey_enums import Privacy
from tests.directory.factories import UserFactory
from tests.observatory import surveys as make
from tests.observatory.surveys import LATER, NOW, addressed, answer, opened

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]


@pytest.fixture(autouse=True)
def firms():
    make.register(small=10, large=5)


def answered(user, **values):
    row = opened(sample_size=10, **values)
    unit = addressed(row.units.order_by("siret").first(), user.email)
    answer(unit.token, site="no")
    return unit


def exported(user, model):
    name = str(model._meta.verbose_name_plural)
    (found,) = [part["rows"] for part in export_of(user, now=NOW)["data"] if part["what"] == name]
    return found


def test_a_person_gets_what_it_answered_and_may_have_it_erased():
    user, other = UserFactory(), UserFactory()
    unit = answered(user)

    said = {row["run__answers__question"]: row["run__answers__value"]
            for row in exported(user, AnswerSheet)}  # fmt: skip
    assert said == {"site": "no", "tools": ["crm"]}
    assert exported(user, DrawnUnit)[0]["siret"] == unit.siret
    assert exported(other, AnswerSheet) == []

    with transaction.atomic():
        erase_everything_about(user)

    unit.refresh_from_db()
    assert (unit.email, unit.mailbox_hash) == ("", "")
    assert (AnswerSheet.objects.count(), Run.objects.count()) == (0, 0)


def test_an_anonymous_answer_is_nobodys():
    user = UserFactory()
    answered(user, privacy=Privacy.ANONYMOUS)

    assert exported(user, AnswerSheet) == []
    with transaction.atomic():
        erase_everything_about(user)
    assert AnonymousSheet.objects.count() == 1


def test_addresses_go_three_months_and_answers_three_years_after_the_end():
    user = UserFactory()
    unit = answered(user)
    fieldwork.close(survey_id=unit.survey_id, now=LATER)

    def gone(days):
        found = due(now=LATER + timedelta(days=days))
        return {entry.period.key for entry in found if entry.rows.exists()}

    kept = {"survey_address", "survey_sheet"}
    assert gone(89) & kept == set()
    assert gone(91) & kept == {"survey_address"}
    assert gone(1096) & kept == kept
