"""Pages of the surveys: links read, buttons act; page by page; the end said clearly."""

from datetime import timedelta

import pytest
from django.utils import timezone

from emn.lib.forms import new_challenge
from emn.questionnaires.models import Answer, Run
from observatory.models import AnonymousSheet, AnswerSheet, PeerShares
from observatory.services.surveys import fieldwork
from observatory.survey_enums import Privacy, Source
from tests.observatory import surveys as make
from tests.observatory.surveys import LATER, answer, drawn, opened

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]


@pytest.fixture(autouse=True)
def firms():
    make.register(small=20, large=10)


@pytest.fixture
def unit():
    return opened(sample_size=20).units.order_by("siret").first()


def go_through(client, link, *, site="yes", given=None):
    """Answer by the pages, and hand in; return the last page."""
    page = client.post(f"/enquetes/{link}/commencer/", given)
    assert page["Location"].endswith("/question/site/")
    page = client.post(page["Location"], {"site": site, "seen-site": "0"})
    page = client.post(page["Location"], {"tools": ["crm"], "seen-tools": "0"})
    page = client.post(page["Location"], {"said": "", "seen-said": "0"})
    assert page["Location"].endswith("/verifier/")
    assert "Suivi des clients" in client.get(page["Location"]).text
    page = client.post(page["Location"])
    return client.get(page["Location"])


def test_opening_any_page_of_a_link_writes_nothing(client, unit):
    link = f"/enquetes/{unit.token}/"
    for path in ("", "commencer/", "merci/"):
        client.get(link + path)
    client.head(link)

    assert (Run.objects.count(), AnswerSheet.objects.count()) == (0, 0)


def test_a_firm_answers_page_by_page_and_is_thanked(client, unit):
    page = go_through(client, unit.token)

    assert "Merci, votre réponse compte" in page.text
    assert "il en faut cinq" in page.text
    assert AnswerSheet.objects.submitted().count() == 1
    assert page["Cache-Control"] == "private, no-store"
    assert not client.cookies


def test_each_page_is_kept_and_the_link_leads_back(client, unit):
    page = client.post(f"/enquetes/{unit.token}/commencer/")
    client.post(page["Location"], {"site": "no", "seen-site": "0"})

    start = client.get(f"/enquetes/{unit.token}/")
    assert "Reprendre où j’en étais" in start.text
    again = client.post(f"/enquetes/{unit.token}/commencer/")
    assert again["Location"].endswith("/verifier/")  # what is left is not required
    assert Answer.objects.get().value == "no"


def test_a_page_sent_empty_comes_back_with_what_is_missing(client, unit):
    page = client.post(f"/enquetes/{unit.token}/commencer/")

    back = client.post(page["Location"], {"seen-site": "0"})

    assert back.status_code == 422
    assert "Choisissez une réponse" in back.text


def test_peers_appear_at_once_with_ones_own_answer(client, unit):
    for other in unit.survey.units.filter(stratum=unit.stratum).exclude(pk=unit.pk)[:4]:
        answer(other.token, site="no")

    page = go_through(client, unit.token)

    assert "Vous et vos pairs" in page.text
    assert "5 réponses d’entreprises comme la vôtre" in page.text
    assert page.context["lines"] == [
        {
            "text": "Avez-vous un site ?",
            "options": [
                {"label": "Oui", "percent": 20, "is_own": True},
                {"label": "Non", "percent": 80, "is_own": False},
            ],
        }
    ]


def test_a_link_that_answered_says_so(client, unit):
    answer(unit.token)

    assert "a déjà servi" in client.get(f"/enquetes/{unit.token}/").text
    again = client.post(f"/enquetes/{unit.token}/commencer/")
    assert again["Location"] == f"/enquetes/{unit.token}/"


def test_after_the_end_every_page_says_so_and_takes_nothing(client, unit):
    page = client.post(f"/enquetes/{unit.token}/commencer/")["Location"]
    review = page.replace("question/site/", "verifier/")
    fieldwork.close(survey_id=unit.survey_id, now=LATER)

    for answered in (
        client.get(f"/enquetes/{unit.token}/"),
        client.post(f"/enquetes/{unit.token}/commencer/"),
        client.get(page),
        client.post(page, {"site": "yes", "seen-site": "0"}),
        client.post(review),
    ):
        assert answered.status_code == 410
        assert "Cette enquête est close" in answered.text
    assert not Answer.objects.exists()


def test_before_the_opening_a_link_says_so(client):
    unit = drawn(sample_size=5).units.first()

    answered = client.get(f"/enquetes/{unit.token}/")

    assert answered.status_code == 410
    assert "n’est pas encore ouverte" in answered.text


@pytest.mark.parametrize("path", ["x", "é", "x" * 22, "x" * 22 + "/merci"])
def test_a_link_of_nobodys_is_404(client, path):
    assert client.get(f"/enquetes/{path}/").status_code == 404


def test_the_run_of_another_link_is_404(client, unit):
    other = unit.survey.units.exclude(pk=unit.pk).first()
    page = client.post(f"/enquetes/{other.token}/commencer/")["Location"]

    for path in (page, page.replace("question/site/", "verifier/")):
        foreign = path.replace(other.token, unit.token)
        assert client.get(foreign).status_code in {302, 404}
        assert client.post(foreign, {"site": "yes", "seen-site": "0"}).status_code == 404
    assert not Answer.objects.exists()


def test_an_anonymous_answer_is_handed_in_and_the_group_alone_is_shown(client):
    row = opened(privacy=Privacy.ANONYMOUS, sample_size=20)
    units = list(row.units.order_by("siret"))
    assert "Anonyme." in client.get(f"/enquetes/{units[0].token}/").text
    for rank, unit in enumerate(units[:4]):
        answer(unit.token, site="no" if rank else "yes")

    page = go_through(client, units[4].token, site="no")

    assert AnonymousSheet.objects.count() == 5
    assert PeerShares.objects.get().group == ""
    assert "Vous et les autres répondants" in page.text
    assert not any(option["is_own"] for option in page.context["lines"][0]["options"])


def test_volunteers_are_told_what_their_answers_are_worth(client):
    row = opened(source=Source.OPEN)

    start = client.get(f"/enquetes/{row.open_key}/")

    assert "échantillon de volontaires" in start.text
    assert "ils ne sont pas représentatifs" in start.text
    challenge = new_challenge(now=timezone.now() - timedelta(seconds=10))
    done = go_through(client, row.open_key, given={"challenge": challenge})
    assert "Merci" in done.text


def test_no_promise_of_anonymity_is_made_to_a_confidential_survey(client, unit):
    start = client.get(f"/enquetes/{unit.token}/").text

    assert "Confidentielle." in start
    assert "nonyme" not in start


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_costs_the_same_whatever_its_length(client, django_assert_num_queries, number):
    for rank in range(number):
        opened(code=f"e{rank}", title=f"Enquête {rank}", sample_size=5)
    opened(code="ouverte", title="Ouverte", source=Source.OPEN)

    with django_assert_num_queries(2):  # the surveys, the footer's audit
        page = client.get("/enquetes/")

    assert page.text.count("Sur invitation") == number
    assert "no-store" not in page["Cache-Control"]


def test_the_answer_pages_need_few_queries(client, unit, django_assert_num_queries):
    page = client.post(f"/enquetes/{unit.token}/commencer/")["Location"]
    client.get(page)

    with django_assert_num_queries(3):  # the link, the run, its answers
        client.get(page)


def test_nothing_of_a_link_is_written_in_the_list_of_surveys(client, unit):
    assert unit.token not in client.get("/enquetes/").text
