"""Opening, inviting, reminding, closing: who is written to, how often, and when it ends."""

from datetime import date, timedelta

import pytest

from emn.mailings import composing, segments, tokens
from emn.mailings.enums import DeliveryState, ListKind
from emn.mailings.models import Campaign, Delivery, OutboundEmail
from emn.mailings.services import delivery
from emn.questionnaires.models import Run
from observatory.models import AnswerSheet
from observatory.services.surveys import collecting, fieldwork
from observatory.services.surveys.errors import SurveyRefused
from observatory.survey_enums import Outcome, Privacy, Source, SurveyState
from tests.mailings import letters
from tests.mailings.letters import mailing_list, reader
from tests.observatory import surveys as make
from tests.observatory.surveys import CLOSES, LATER, NOW, addressed, drawn, opened

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]
WEEK = timedelta(days=7)


@pytest.fixture(autouse=True)
def firms():
    make.register(small=8, large=4)


def a_survey(**values):
    return opened(**{"sample_size": 6, **values})


def invited(row, email="lea@firme.example", *, at=NOW, language="fr"):
    """A unit whose reader got the invitation."""
    person = reader(email=email, to=_list(), language=language)
    unit = addressed(row.units.filter(email="").order_by("siret").first(), email)
    if row.invitation_id is None:
        fieldwork.prepare_invitation(survey_id=row.pk, now=NOW)
        row.refresh_from_db()
    Delivery.objects.create(
        campaign=row.invitation, subscriber=person, mailbox_hash=person.mailbox_hash,
        domain="firme.example", language=language, state=DeliveryState.SENT,
        next_attempt_at=at, settled_at=at,
    )  # fmt: skip
    return unit


def _list():
    return mailing_list(code="enquetes", kind=ListKind.SURVEY)


# --- Opening and closing ---


def test_only_a_drawn_or_open_survey_opens_and_for_a_day_to_come():
    with pytest.raises(SurveyRefused, match="Tirez"):
        fieldwork.open_survey(survey_id=make.survey().pk, closes_on=CLOSES, now=NOW)
    row = drawn(code="autre", sample_size=6)
    with pytest.raises(SurveyRefused, match="à venir"):
        fieldwork.open_survey(survey_id=row.pk, closes_on=date(2026, 11, 22), now=NOW)


def test_the_clock_closes_the_day_after_the_last():
    row = a_survey()
    fieldwork.tick(now=NOW.replace(month=12, day=20))
    row.refresh_from_db()
    assert row.state == SurveyState.OPEN

    fieldwork.tick(now=LATER)

    row.refresh_from_db()
    assert (row.state, row.closed_at) == (SurveyState.CLOSED, LATER)


def test_what_was_left_of_an_anonymous_survey_is_erased_after_a_month():
    row = a_survey(privacy=Privacy.ANONYMOUS)
    token = row.units.first().token
    collecting.begin(token=token, language="fr", now=NOW)
    recent = collecting.begin(token=token, language="fr", now=NOW + 2 * WEEK)

    fieldwork.tick(now=NOW + timedelta(days=31))

    assert list(Run.objects.all()) == [recent]


# --- Addresses ---


def test_addresses_are_written_all_or_none():
    row = drawn(sample_size=6)
    known = list(row.units.order_by("siret").values_list("siret", flat=True))

    with pytest.raises(SurveyRefused, match="00000000000000"):
        fieldwork.set_addresses(
            survey_id=row.pk, addresses={known[0]: "a@x.example", "00000000000000": "b@x.example"}
        )
    with pytest.raises(SurveyRefused, match="nulle part"):
        fieldwork.set_addresses(survey_id=row.pk, addresses={known[0]: "nulle part"})
    assert not row.units.exclude(email="").exists()

    fieldwork.set_addresses(survey_id=row.pk, addresses={known[0]: "Lea@X.example"})
    assert row.units.get(siret=known[0]).email == "lea@x.example"


# --- The invitation ---


def test_the_invitation_goes_to_the_readers_of_the_list_that_were_drawn_and_are_silent():
    row = a_survey()
    units = list(row.units.order_by("siret"))
    silent, done, left = (reader(to=_list()) for _each in range(3))
    reader(to=_list())  # not drawn
    addressed(units[0], silent.email)
    addressed(units[1], done.email)
    addressed(units[2], "personne@ailleurs.example")  # no subscriber
    addressed(units[3], left.email)
    left.subscriptions.update(status="ended", ended_at=NOW)
    make.answer(units[1].token)

    campaign = fieldwork.prepare_invitation(survey_id=row.pk, now=NOW)

    people = segments.readers(campaign).values_list("subscriber", flat=True)
    assert list(people) == [silent.pk]
    with pytest.raises(SurveyRefused, match="déjà"):
        fieldwork.prepare_invitation(survey_id=row.pk, now=NOW)


def test_an_open_link_invites_nobody():
    row = opened(source=Source.OPEN)
    with pytest.raises(SurveyRefused, match="lien ouvert"):
        fieldwork.prepare_invitation(survey_id=row.pk, now=NOW)


def test_the_letter_carries_the_link_of_its_reader(settings, client):
    row = a_survey()
    person = reader(to=_list(), email="lea@firme.example")
    unit = addressed(row.units.first(), person.email)
    campaign = fieldwork.prepare_invitation(survey_id=row.pk, now=NOW)
    Campaign.objects.filter(pk=campaign.pk).update(status="scheduled", scheduled_at=NOW)
    delivery.start_campaign(campaign_id=campaign.pk, now=NOW)
    edition = campaign.editions.get(language="fr")
    from emn.mailings import letters as letters_of

    content = letters_of.prepare(edition).of(
        letters_of.Person(person.email, person.pk, campaign.deliveries.get().pk), date=NOW
    )

    address = f"/enquetes/invitation/{row.code}/{tokens.make(tokens.READER, person.pk)}/"
    flat = content.replace(b"=\r\n", b"").decode()
    assert flat.count(settings.PUBLIC_URL + address) == 2  # the page and the text
    assert composing.READER not in flat
    answer = client.get(address)
    assert (answer.status_code, answer["Location"]) == (302, f"/enquetes/{unit.token}/")


def test_who_answers_for_two_firms_is_led_to_the_one_that_is_silent(client):
    row = a_survey()
    person = reader(to=_list())
    first, second = (addressed(unit, person.email) for unit in row.units.order_by("pk")[:2])
    address = f"/enquetes/invitation/{row.code}/{tokens.make(tokens.READER, person.pk)}/"

    assert client.get(address)["Location"] == f"/enquetes/{first.token}/"
    make.answer(first.token)
    assert client.get(address)["Location"] == f"/enquetes/{second.token}/"


def test_the_link_of_a_micro_survey_opens_no_confidential_one(client):
    row = a_survey()
    person = reader(to=_list())
    addressed(row.units.order_by("pk")[0], person.email)

    for purpose, status in ((tokens.READER, 302), (tokens.VOTER, 404)):
        address = f"/enquetes/invitation/{row.code}/{tokens.make(purpose, person.pk)}/"
        assert client.get(address).status_code == status


def test_a_forged_or_foreign_invitation_leads_nowhere(client):
    row = a_survey()
    stranger = reader(to=_list())
    for token in ("x" * 32, tokens.make(tokens.READER, stranger.pk), tokens.make(tokens.READER, 0),
                  tokens.make(tokens.PREFERENCES, stranger.pk)):  # fmt: skip
        assert client.get(f"/enquetes/invitation/{row.code}/{token}/").status_code == 404


def test_a_preview_carries_nobodys_link():
    _list()
    row = a_survey()
    campaign = fieldwork.prepare_invitation(survey_id=row.pk, now=NOW)

    letter = composing.compose(campaign, "de", now=NOW)

    assert composing.READER in letter.html
    assert tokens.make(tokens.READER, 0) in composing.without_marks(letter.html)


# --- Reminders ---


def reminders():
    rows = OutboundEmail.objects.filter(kind="observatory/emails/survey_reminder")
    return list(rows.order_by("pk").values_list("to_email", "language"))


def test_who_was_invited_and_is_silent_is_reminded_twice_a_week_apart():
    row = a_survey()
    unit = invited(row, language="de")

    fieldwork.tick(now=NOW + WEEK - timedelta(hours=1))
    assert reminders() == []
    for days in (7, 8, 14, 21):
        fieldwork.tick(now=NOW + timedelta(days=days))

    assert reminders() == [("lea@firme.example", "de")] * 2
    unit.refresh_from_db()
    assert (unit.reminders, unit.reminded_on) == (2, date(2026, 12, 6))
    text = OutboundEmail.objects.latest("pk").text_body
    assert f"/de/enquetes/{unit.token}/" in text
    assert "/lettre/" in text  # to leave the list


@pytest.mark.parametrize(
    "change",
    [
        lambda unit, _person: make.answer(unit.token),
        lambda unit, _person: fieldwork.settle(unit_id=unit.pk, outcome=Outcome.REFUSED, now=NOW),
        lambda _unit, person: person.subscriptions.update(status="ended", ended_at=NOW),
        lambda _unit, person: letters.block(person),
        lambda unit, _person: fieldwork.close(survey_id=unit.survey_id, now=NOW),
        lambda _unit, _person: Delivery.objects.update(state="refused"),
    ],
)
def test_nobody_is_reminded_once_it_is_settled_left_blocked_or_closed(change):
    unit = invited(a_survey())
    change(unit, Delivery.objects.get().subscriber)

    fieldwork.tick(now=NOW + WEEK)

    assert reminders() == []


# --- What staff notes ---


def test_a_refusal_may_be_taken_back_but_not_an_answer():
    row = a_survey()
    unit = row.units.first()
    fieldwork.settle(unit_id=unit.pk, outcome=Outcome.REFUSED, now=NOW)
    fieldwork.settle(unit_id=unit.pk, outcome=Outcome.WAITING, now=NOW)
    make.answer(unit.token)

    with pytest.raises(SurveyRefused, match="a répondu"):
        fieldwork.settle(unit_id=unit.pk, outcome=Outcome.OUT_OF_SCOPE, now=NOW)
    assert AnswerSheet.objects.submitted().count() == 1
