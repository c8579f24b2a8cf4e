"""Who receives: what the criteria keep, who is left out and why, and nobody too often."""

from datetime import UTC, datetime

import pytest

from emn.mailings import segments
from emn.mailings.enums import Basis, ListKind, SubscriptionStatus
from emn.mailings.models import Topic
from tests.directory.factories import CommuneFactory
from tests.mailings import letters
from tests.mailings.letters import NOW, mailing_list, reader

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]


def kept(letter):
    return set(segments.audience(letter).values_list("subscriber__email", flat=True))


def test_without_segment_everyone_confirmed_on_the_list_is_kept():
    one = reader()
    reader(status=SubscriptionStatus.PENDING)
    reader(status=SubscriptionStatus.ENDED)
    reader(mailing_list("agenda"))

    assert kept(letters.campaign()) == {one.email}


def test_language_keeps_its_readers():
    german = reader(language="de")
    reader()

    assert kept(letters.campaign(segment={"language": ["de", "en"]})) == {german.email}


def test_topics_keep_who_chose_one_and_who_chose_none():
    keen, open_to_all = reader(topics=["ia", "web"]), reader()
    reader(topics=["web"])

    assert kept(letters.campaign(segment={"topics": ["ia", "rgpd"]})) == {
        keen.email,
        open_to_all.email,
    }


def test_territory_keeps_its_readers_and_those_of_the_whole_departement():
    here, anywhere = reader(epci_code="200067502"), reader()
    reader(epci_code="200039865")

    assert kept(letters.campaign(segment={"territory": ["200067502"]})) == {
        here.email,
        anywhere.email,
    }


def test_lists_keep_who_is_confirmed_on_another_one():
    both, gone = reader(), reader()
    reader()
    letters.subscribe(both, mailing_list("agenda"))
    letters.subscribe(gone, mailing_list("agenda"), status=SubscriptionStatus.ENDED)

    assert kept(letters.campaign(segment={"lists": ["agenda"]})) == {both.email}


def test_all_criteria_must_hold():
    both = reader(language="de", topics=["ia"])
    reader(language="de", topics=["web"])
    reader(topics=["ia"])

    assert kept(letters.campaign(segment={"language": ["de"], "topics": ["ia"]})) == {both.email}


def test_unknown_criterion_is_refused():
    with pytest.raises(segments.UnknownCriterion, match="faites-le à nouveau"):
        segments.audience(letters.campaign(segment={"password": ["x"]}))


def test_choices_are_those_of_the_portal(settings):
    CommuneFactory()
    Topic.objects.create(code="ia", name_fr="Intelligence artificielle")
    mailing_list()

    choices = {each.key: list(each.choices()) for each in segments.criteria}

    assert choices["territory"] == [("200067502", "CC Sarrebourg Moselle Sud")]
    assert choices["topics"] == [("ia", "Intelligence artificielle")]
    assert choices["lists"] == [("lettre", "La lettre")]
    settings.DEPARTEMENT = "67"
    assert [list(c.choices()) for c in segments.criteria if c.key == "territory"] == [[]]


# --- Counting ---


def test_count_says_who_receives_and_why_not_the_others():
    letter = letters.written(languages=("fr",))
    before = letters.campaign(title="Avant")
    for _n in range(2):
        reader()
    reader(status=SubscriptionStatus.PENDING)
    reader(status=SubscriptionStatus.ENDED)
    reader(basis=Basis.PROFESSION)
    letters.block(reader())
    reader(language="de")
    tired = reader()
    letters.received(tired, before, NOW.replace(day=2))
    letters.received(tired, letters.campaign(title="Encore avant"), NOW.replace(day=3))
    reader(mailing_list("agenda"))

    counted = segments.count_audience(letter, now=NOW)

    assert (counted.matching, counted.receiving) == (8, 2)
    assert counted.reasons == [
        ("n’a pas confirmé", 1),
        ("s’est désinscrit", 1),
        ("n’a pas consenti, et aucun thème de l’envoi ne touche son métier", 1),
        ("adresse bloquée", 1),
        ("a déjà reçu assez de messages", 1),
        ("pas de version dans sa langue", 1),
    ]


def test_lifted_block_counts_no_more():
    person = reader()
    blocked = letters.block(person)
    letter = letters.written()
    assert not segments.has_recipient(letter, now=NOW)

    blocked.lifted_at = NOW
    blocked.save()

    assert segments.has_recipient(letter, now=NOW)


@pytest.mark.parametrize("number", [1, 3])
def test_count_costs_the_same_whatever_the_readers(number, django_assert_num_queries):
    letter = letters.written()
    for _n in range(number):
        reader()

    with django_assert_num_queries(6):
        assert segments.count_audience(letter, now=NOW).receiving == number


# --- Pressure ---


def receives(person, to, *, now=NOW):
    letter = letters.written(letters.campaign(to, segment={}))
    return segments.has_recipient(letter, now=now)


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ([2], True),
        ([2, 21], False),
    ],
)
def test_two_messages_a_month_are_enough(days, expected):
    person = reader()
    for day in days:
        letters.received(person, letters.campaign(), NOW.replace(day=day))

    assert receives(person, mailing_list()) is expected


def test_month_is_the_calendar_one_of_paris():
    person = reader()
    for minute in (0, 1):
        sent = datetime(2026, 10, 31, 22, 58 + minute, tzinfo=UTC)  # 31 October, 23:58 in Paris
        letters.received(person, letters.campaign(), sent)
    assert receives(person, mailing_list())

    letters.received(person, letters.campaign(), datetime(2026, 10, 31, 23, 0, tzinfo=UTC))
    letters.received(person, letters.campaign(), datetime(2026, 10, 31, 23, 1, tzinfo=UTC))

    assert not receives(person, mailing_list())


def test_one_survey_a_quarter_is_enough_and_a_letter_still_comes():
    surveys = mailing_list("enquetes", ListKind.SURVEY)
    person = reader(surveys)
    letters.subscribe(person, mailing_list())
    letters.received(person, letters.campaign(surveys), datetime(2026, 10, 2, tzinfo=UTC))

    assert not receives(person, surveys)
    assert receives(person, mailing_list())


def test_survey_of_the_last_quarter_does_not_count():
    surveys = mailing_list("enquetes", ListKind.SURVEY)
    person = reader(surveys)
    letters.received(person, letters.campaign(surveys), datetime(2026, 9, 30, 12, tzinfo=UTC))

    assert receives(person, surveys)


def test_letters_do_not_count_as_surveys():
    surveys = mailing_list("enquetes", ListKind.SURVEY)
    person = reader(surveys)
    letters.received(person, letters.campaign(mailing_list()), NOW.replace(month=10))

    assert receives(person, surveys)


def test_languages_of_the_audience_are_those_that_are_waited_for():
    reader()
    reader(language="en")
    reader(language="de", status=SubscriptionStatus.ENDED)

    assert segments.languages_of_audience(letters.campaign()) == ["fr", "en"]
