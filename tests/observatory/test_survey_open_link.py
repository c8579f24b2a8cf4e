"""An open link: bounded in all, by hour and by whence; never a part of a sample."""

from datetime import timedelta
from itertools import count

import pytest
from django.db import connection
from django.utils import timezone

from emn.lib.forms import is_proof, new_challenge
from emn.questionnaires import services as questionnaires
from observatory.models import AnswerSheet, Survey
from observatory.services.surveys import collecting
from observatory.services.surveys.errors import SurveyFull
from observatory.services.surveys.weighting import weigh
from observatory.survey_enums import Privacy, Source, SurveyState
from observatory.views import survey_open_link as bounds
from tests.observatory import surveys as make
from tests.observatory.surveys import NOW, answer, closed, opened

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]


@pytest.fixture
def survey():
    row = opened(source=Source.OPEN)
    Survey.objects.filter(pk=row.pk).update(closes_on=timezone.localdate() + timedelta(days=9))
    return row


def proved():
    challenge = new_challenge(now=timezone.now() - timedelta(seconds=10))
    proof = next(str(number) for number in count() if is_proof(challenge, str(number)))
    return {"challenge": challenge, "proof": proof}


def begin(client, row, **given):
    return client.post(f"/enquetes/{row.open_key}/commencer/", given or proved())


def ready(row):
    """Everything answered, not handed in: return the address of the last page."""
    run = collecting.begin(token=row.open_key, language="fr", now=NOW)
    given = {"site": "yes", "tools": ["crm"], "said": ""}
    questionnaires.save_answers(run=run, values=given, seen={}, now=NOW)
    return f"/enquetes/{row.open_key}/{run.key}/verifier/"


def test_an_open_link_begins_with_a_proof_of_work(client, survey):
    start = client.get(f"/enquetes/{survey.open_key}/")
    assert 'name="proof"' in start.text
    assert "js/proof.js" in start.text

    refused = begin(client, survey, challenge="x", proof="1")
    assert (refused.status_code, AnswerSheet.objects.count()) == (422, 0)
    assert begin(client, survey)["Location"].endswith("/question/site/")


def test_the_link_of_an_invitation_asks_for_no_proof(client):
    make.register(small=20, large=10)
    unit = opened(sample_size=20).units.order_by("siret").first()

    assert 'name="proof"' not in client.get(f"/enquetes/{unit.token}/").text


def test_a_full_survey_says_so_and_takes_nothing(client, survey):
    waiting = ready(survey)
    Survey.objects.filter(pk=survey.pk).update(most_answers=1)
    answer(survey.open_key)

    for page in (
        client.get(f"/enquetes/{survey.open_key}/"),
        client.post(waiting),
    ):
        assert page.status_code == 410
        assert "toutes les réponses" in page.text
    assert begin(client, survey)["Location"] == f"/enquetes/{survey.open_key}/"
    assert AnswerSheet.objects.submitted().count() == 1
    with pytest.raises(SurveyFull):
        collecting.begin(token=survey.open_key, language="fr", now=NOW)


def test_an_anonymous_open_survey_is_full_too():
    row = opened(source=Source.OPEN, privacy=Privacy.ANONYMOUS, most_answers=2)
    answer(row.open_key)
    answer(row.open_key)

    with pytest.raises(SurveyFull):
        answer(row.open_key)


@pytest.mark.parametrize("name", ["NETWORK_PER_HOUR", "NETWORK_IN_ALL", "SURVEY_PER_HOUR"])
def test_beyond_each_ceiling_answers_are_kept_and_wait(client, survey, monkeypatch, name):
    monkeypatch.setattr(bounds, name, 1)
    pages = [ready(survey), ready(survey)]

    assert client.post(pages[0], REMOTE_ADDR="192.0.2.1").status_code == 302
    page = client.post(pages[1], REMOTE_ADDR="192.0.2.77")

    assert (page.status_code, page["Retry-After"]) == (429, "3600")
    assert "Vos réponses sont gardées" in page.text
    assert AnswerSheet.objects.submitted().count() == 1
    elsewhere = client.post(pages[1], REMOTE_ADDR="198.51.100.9").status_code
    assert elsewhere == (429 if name == "SURVEY_PER_HOUR" else 302)


def test_the_same_answer_handed_in_again_counts_once(client, survey, monkeypatch):
    monkeypatch.setattr(bounds, "NETWORK_PER_HOUR", 1)
    page = ready(survey)

    assert client.post(page).status_code == 302
    assert client.post(page).status_code == 302


def test_no_address_is_kept(client, survey):
    client.post(ready(survey), REMOTE_ADDR="192.0.2.1")

    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(row_to_json(r)::text, '') FROM emn_rate_limit r")
        (kept,) = cursor.fetchone()
    assert kept
    assert "192.0.2" not in kept


def test_who_came_alone_weighs_nothing_in_a_sample():
    make.register()
    row = closed()
    before = len(weigh(row).sheets)
    run = questionnaires.start_run(version_id=row.version_id, language="fr", now=NOW)
    AnswerSheet.objects.create(survey=row, run=run, submitted_at=NOW)

    assert len(weigh(row).sheets) == before


def test_the_key_of_an_open_link_opens_no_drawn_survey(client):
    make.register(small=20, large=10)
    row = opened(sample_size=20)

    assert row.state == SurveyState.OPEN
    assert client.get(f"/enquetes/{row.open_key}/").status_code == 404
