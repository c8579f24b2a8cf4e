"""Micro-surveys of the letter: a link writes nothing, one answer a reader, results at the end."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from emn.accounts import roles
from emn.accounts.enums import Role
from emn.accounts.personal_data import export_of
from emn.mailings import composing, tokens
from emn.mailings.addresses import mailbox_hash
from emn.mailings.models import Block, Subscriber
from emn.questionnaires import services as questionnaires
from observatory.models import MicroSurvey, MicroSurveyReader
from observatory.services.surveys import micro
from observatory.services.surveys.errors import SurveyClosed
from tests.directory.factories import UserFactory
from tests.mailings import letters
from tests.observatory import surveys as make
from tests.observatory.test_survey_admin import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]
CONTENT = {
    "title": {"fr": "Trois questions"},
    "languages": ["fr"],
    "sections": [
        {
            "code": "humeur",
            "title": {"fr": "Votre humeur"},
            "questions": [
                {
                    "code": code,
                    "kind": "single",
                    "text": {"fr": text},
                    "required": code == "site",
                    "options": [
                        {"code": "yes", "label": {"fr": "Oui"}},
                        {"code": "no", "label": {"fr": "Non"}},
                    ],
                }
                for code, text in (("site", "Un site ?"), ("shop", "Une boutique ?"))
            ],
        }
    ],
}


@pytest.fixture
def survey():
    with transaction.atomic():
        version = questionnaires.write_version(
            code="thermo", number="1.0", content=CONTENT, published_at=make.NOW
        )
    return MicroSurvey.objects.create(
        code="humeur", title="L’humeur du mois", version=version,
        closes_on=timezone.localdate() + timedelta(days=7),
    )  # fmt: skip


def reader(number=1):
    now = timezone.now()
    return Subscriber.objects.create(
        email=f"lecteur{number}@exemple.fr", mailbox_hash=f"{number:064d}", language="fr",
        created_at=now, last_contact_at=now,
    )  # fmt: skip


def address(survey, number):
    return f"/enquetes/lettre/{survey.code}/{tokens.make(tokens.VOTER, number)}/"


def tally():
    return MicroSurvey.objects.get().tally


def over(survey):
    return timezone.now() + timedelta(days=9)


def say(survey, yes, no):
    for rank in range(yes + no):
        micro.answer(
            code=survey.code, subscriber_id=reader(rank).pk, now=timezone.now(),
            answers={"site": "yes" if rank < yes else "no"},
        )  # fmt: skip


def test_a_link_that_is_followed_writes_nothing_and_chooses_its_answer(client, survey):
    response = client.get(address(survey, reader().pk) + "?site=no")

    assert response.status_code == 200
    assert not response.cookies
    assert 'value="no" required' in response.text.replace(' id="id_site_1"', "")
    assert response.context["form"]["site"].initial == "no"
    assert "checked" in response.text
    assert not MicroSurveyReader.objects.exists()
    assert tally() == {}


def test_the_button_records_once_and_every_answer_looks_the_same(client, survey):
    own = address(survey, reader().pk)

    first = client.post(own, {"site": "yes"})
    again = client.post(own, {"site": "no"})
    erased = client.post(address(survey, 999_999), {"site": "no"})

    assert first.status_code == again.status_code == erased.status_code == 302
    assert first["Location"] == again["Location"] == erased["Location"]
    assert tally() == {"site": {"yes": 1}}
    assert MicroSurveyReader.objects.count() == 1


def test_no_row_is_made_of_an_answer_so_that_no_order_joins_it_to_its_reader(survey):
    say(survey, 2, 1)

    assert tally() == {"site": {"yes": 2, "no": 1}}
    related = {found.related_model for found in MicroSurvey._meta.related_objects}
    assert related == {MicroSurveyReader}
    fields = {field.name for field in MicroSurveyReader._meta.get_fields()}
    assert fields == {"id", "micro_survey", "subscriber", "answered_on"}


@pytest.mark.django_db(transaction=True)
def test_a_reader_who_presses_twice_counts_once():
    with transaction.atomic():
        version = questionnaires.write_version(
            code="thermo", number="1.0", content=CONTENT, published_at=make.NOW
        )
    MicroSurvey.objects.create(
        code="humeur", title="x", version=version,
        closes_on=timezone.localdate() + timedelta(days=7),
    )  # fmt: skip
    who = reader().pk

    def press(_):
        try:
            micro.answer(
                code="humeur", subscriber_id=who, answers={"site": "yes"}, now=timezone.now()
            )
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(press, range(4)))
    assert tally() == {"site": {"yes": 1}}


def test_a_forged_link_is_nobody_s_and_the_archive_leads_to_the_results(client, survey):
    assert client.get(f"/enquetes/lettre/{survey.code}/{'a' * 32}/").status_code == 404
    assert client.get(address(survey, 0))["Location"] == f"/enquetes/thermometre/{survey.code}/"
    assert client.post(address(survey, 0), {"site": "yes"}).status_code == 302
    assert tally() == {}


def test_the_link_of_an_invitation_opens_no_micro_survey(client, survey):
    invited = f"/enquetes/lettre/{survey.code}/{tokens.make(tokens.READER, reader().pk)}/"

    assert client.get(invited).status_code == 404
    assert client.post(invited, {"site": "yes"}).status_code == 404
    assert tally() == {}


def test_what_is_not_an_answer_comes_back(client, survey):
    response = client.post(address(survey, reader().pk), {"site": "maybe"})

    assert response.status_code == 422
    assert tally() == {}


def test_results_are_read_after_the_end_with_n_and_their_label(client, survey):
    say(survey, 30, 10)
    page = f"/enquetes/thermometre/{survey.code}/"
    assert "75" not in client.get(page).context["survey"].results
    assert "share-bar" not in client.get(page).text

    assert micro.seal_due(now=over(survey)) == 1
    assert micro.seal_due(now=over(survey)) == 0

    survey.refresh_from_db()
    assert survey.results["site"] == {"n": 40, "shares": {"yes": 75, "no": 25}}
    assert survey.results["shop"] == {"secret": True}
    text = client.get(page).text
    assert "Non représentatif" in text
    assert "40 réponses" in text
    assert "Trop peu de réponses" in text
    assert not MicroSurveyReader.objects.exists()
    assert tally() == {}


@pytest.mark.parametrize(
    ("yes", "no", "found"),
    [(15, 14, {"secret": True}), (15, 15, {"n": 30, "shares": {"yes": 50, "no": 50}})],
)
def test_fewer_than_thirty_readers_say_nothing_as_any_volunteers(survey, yes, no, found):
    say(survey, yes, no)

    micro.seal_due(now=over(survey))

    survey.refresh_from_db()
    assert survey.results["site"] == found


@pytest.mark.parametrize(
    ("prefix", "lang"), [("", ""), ("/de", ' lang="fr"'), ("/en", ' lang="fr"')]
)
def test_what_stays_french_says_so(client, survey, prefix, lang):
    own = address(survey, reader(99).pk)
    assert f"<h1{lang}>L’humeur du mois</h1>" in client.get(prefix + own).text
    say(survey, 15, 15)
    micro.seal_due(now=over(survey))

    page = client.get(f"{prefix}/enquetes/thermometre/{survey.code}/").text
    assert f"<h1{lang}>L’humeur du mois</h1>" in page
    assert f'<th scope="row"{lang}>Oui</th>' in page
    assert f"<strong{lang}>Une boutique ?</strong>" in page


def test_the_reader_is_told_what_is_noted_and_what_is_counted_apart(client, survey):
    page = client.get(address(survey, reader().pk)).text

    assert "nous notons que vous avez répondu" in page
    assert "compté à part, et rien ne relie les deux" in page


def test_nobody_answers_after_the_last_day(client, survey):
    who = reader()
    MicroSurvey.objects.update(closes_on=timezone.localdate() - timedelta(days=1))

    assert client.get(address(survey, who.pk)).status_code == 302
    with pytest.raises(SurveyClosed):
        micro.answer(code=survey.code, subscriber_id=who.pk, answers={}, now=timezone.now())


def test_the_block_of_a_letter_carries_the_reader_s_own_links(survey):
    letter = letters.written()
    content = {"all": {"micro_survey": survey.code}}
    Block.objects.create(campaign=letter, position=9, kind="micro-survey", content=content)

    with override("fr"):
        html = composing.compose(letter, "fr", now=timezone.now()).html
    archived = composing.as_public_page(html)

    assert f"/enquetes/lettre/humeur/{composing.VOTER}/?site=yes" in html
    assert "Un site" in html
    assert composing.READER not in html
    assert composing.VOTER not in archived
    assert tokens.make(tokens.VOTER, 0) in archived
    assert tokens.make(tokens.VOTER, 0) in composing.without_marks(html)
    MicroSurvey.objects.update(closes_on=timezone.localdate() - timedelta(days=1))
    with override("fr"):
        assert "humeur" not in composing.compose(letter, "fr", now=timezone.now()).html


def test_staff_prepares_one_that_fits_a_letter(client, settings, survey):
    settings.STAFF_MFA_REQUIRED = False
    signed_in(client, *roles.permissions_of(Role.ANALYST))
    values = {"code": "autre", "title": "x", "closes_on": "2027-01-31"}

    address = reverse("admin:observatory_microsurvey_add")
    with transaction.atomic():
        long = questionnaires.write_version(
            code="long", number="1.0", content=make.CONTENT, published_at=make.NOW
        )
    refused = client.post(address, values | {"version": long.pk})
    client.post(address, values | {"version": survey.version_id})

    assert "d’une à trois questions" in refused.text
    assert MicroSurvey.objects.filter(code="autre").exists()


def test_a_person_gets_what_another_spelling_of_its_mailbox_answered(survey):
    user, who = UserFactory(email="lea@exemple.fr"), reader()
    Subscriber.objects.filter(pk=who.pk).update(
        email="lea+lettre@exemple.fr", mailbox_hash=mailbox_hash("lea+lettre@exemple.fr")
    )
    micro.answer(
        code=survey.code, subscriber_id=who.pk, answers={"site": "yes"}, now=timezone.now()
    )

    name = str(MicroSurveyReader._meta.verbose_name_plural)
    data = export_of(user, now=timezone.now())["data"]
    (rows,) = [part["rows"] for part in data if part["what"] == name]
    assert [row["micro_survey__title"] for row in rows] == ["L’humeur du mois"]


def test_staff_that_saves_a_title_loses_no_answer_given_meanwhile(
    client, settings, survey, monkeypatch
):
    settings.STAFF_MFA_REQUIRED = False
    signed_in(client, *roles.permissions_of(Role.ANALYST))
    address = reverse("admin:observatory_microsurvey_change", args=[survey.pk])
    values = {"title": "Autre titre", "closes_on": survey.closes_on, "version": survey.version_id}

    def meanwhile(_self):
        MicroSurvey.objects.update(tally={"site": {"yes": 1}})

    monkeypatch.setattr(MicroSurvey, "clean", meanwhile)
    client.post(address, values)

    assert MicroSurvey.objects.get().title == "Autre titre"
    assert tally() == {"site": {"yes": 1}}
