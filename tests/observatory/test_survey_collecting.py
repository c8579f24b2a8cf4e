"""Answering: once by link, nothing after the end; what anonymity and confidentiality mean."""

import threading
from datetime import date

import pytest
from django.core.exceptions import FieldDoesNotExist
from django.db import connection, models

from emn.questionnaires.models import Answer, Run
from emn.questionnaires.services import RunIncomplete
from observatory.models import AnonymousSheet, AnswerSheet, DrawnUnit, PeerShares
from observatory.services.surveys import collecting, fieldwork, peers
from observatory.services.surveys.errors import AlreadyAnswered, SurveyClosed
from observatory.survey_enums import Mode, Outcome, Privacy, Source
from tests.observatory import surveys as make
from tests.observatory.surveys import LATER, NOW, answer, opened

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]


@pytest.fixture
def unit():
    make.register()
    return opened().units.order_by("siret").first()


@pytest.fixture
def nameless():
    make.register()
    return opened(privacy=Privacy.ANONYMOUS)


def test_a_link_answers_once_and_its_day_is_kept(unit):
    answer(unit.token)

    unit.refresh_from_db()
    assert (unit.outcome, unit.settled_on) == (Outcome.ANSWERED, date(2026, 11, 22))
    sheet = AnswerSheet.objects.get()
    assert (sheet.unit, sheet.mode, sheet.submitted_at) == (unit, Mode.WEB, NOW)
    with pytest.raises(AlreadyAnswered):
        collecting.begin(token=unit.token, language="fr", now=NOW)


def test_handing_in_twice_is_once(unit):
    answer(unit.token)
    key = AnswerSheet.objects.get().run.key

    collecting.submit(token=unit.token, key=key, now=LATER)

    assert AnswerSheet.objects.get().submitted_at == NOW


def test_a_link_goes_on_where_it_was_and_notes_how_it_ends(unit):
    first = collecting.begin(token=unit.token, language="fr", now=NOW)

    again = collecting.begin(token=unit.token, language="fr", now=NOW, mode=Mode.PHONE)

    assert again == first
    assert AnswerSheet.objects.get().mode == Mode.PHONE


def test_what_is_missing_is_asked_for(unit):
    run = collecting.begin(token=unit.token, language="fr", now=NOW)

    with pytest.raises(RunIncomplete):
        collecting.submit(token=unit.token, key=run.key, now=NOW)
    unit.refresh_from_db()
    assert unit.outcome == Outcome.WAITING


def test_nothing_is_taken_once_it_is_closed(unit):
    run = collecting.begin(token=unit.token, language="fr", now=NOW)
    fieldwork.close(survey_id=unit.survey_id, now=LATER)

    with pytest.raises(SurveyClosed):
        collecting.submit(token=unit.token, key=run.key, now=LATER)
    with pytest.raises(SurveyClosed):
        collecting.begin(token=unit.token, language="fr", now=LATER)
    assert not Run.objects.exists()  # begun and not handed in: erased


def test_the_run_of_another_link_is_nobodys(unit):
    other = unit.survey.units.exclude(pk=unit.pk).first()
    run = collecting.begin(token=other.token, language="fr", now=NOW)

    with pytest.raises(Run.DoesNotExist):
        collecting.submit(token=unit.token, key=run.key, now=NOW)


def test_an_open_link_takes_whoever_comes(django_assert_num_queries):
    row = opened(source=Source.OPEN)
    answer(row.open_key)
    answer(row.open_key, site="no")

    assert AnswerSheet.objects.submitted().filter(unit=None).count() == 2
    assert collecting.door("x" * 22) is None


def test_the_open_key_of_a_drawn_survey_opens_nothing(unit):
    assert collecting.door(unit.survey.open_key) is None


# --- Anonymity ---


def test_no_path_of_keys_leads_from_a_link_to_what_was_answered():
    """R2.13: no foreign key, either way, between the table of links and that of answers."""
    sheet_points_to = {f.related_model for f in AnonymousSheet._meta.get_fields() if f.is_relation}
    assert DrawnUnit not in sheet_points_to
    assert Run not in sheet_points_to
    assert not {
        f.name
        for f in AnonymousSheet._meta.get_fields()
        if isinstance(f, models.DateField | models.TimeField)
    }
    with pytest.raises(FieldDoesNotExist):
        DrawnUnit._meta.get_field("settled_at")
    assert type(DrawnUnit._meta.get_field("settled_on")) is models.DateField


def test_an_anonymous_answer_leaves_no_run_and_no_sheet_of_its_unit(nameless):
    unit = nameless.units.order_by("siret").first()

    answer(unit.token, site="no")

    unit.refresh_from_db()
    assert unit.outcome == Outcome.ANSWERED
    assert AnonymousSheet.objects.get().answers == {"site": "no", "tools": ["crm"]}
    assert (Run.objects.count(), Answer.objects.count(), AnswerSheet.objects.count()) == (0, 0, 0)


def test_while_it_is_answered_nothing_ties_the_run_to_the_link(nameless):
    unit = nameless.units.order_by("siret").first()
    collecting.begin(token=unit.token, language="fr", now=NOW)

    assert not AnswerSheet.objects.exists()
    unit.refresh_from_db()
    assert (unit.outcome, unit.settled_on) == (Outcome.WAITING, None)


def test_an_anonymous_link_answers_once_though_begun_twice(nameless):
    unit = nameless.units.order_by("siret").first()
    one = collecting.begin(token=unit.token, language="fr", now=NOW)
    answer(unit.token)
    from emn.questionnaires import services as questionnaires

    questionnaires.save_answers(run=one, values={"site": "no"}, seen={}, now=NOW)
    with pytest.raises(AlreadyAnswered):
        collecting.submit(token=unit.token, key=one.key, now=NOW)
    assert AnonymousSheet.objects.count() == 1
    # The page sent twice: the run is gone, the link has answered, and that is said.
    assert collecting.submit(token=unit.token, key="x" * 22, now=NOW).has_answered


def test_closing_writes_anonymous_sheets_anew(nameless):
    for unit in nameless.units.order_by("siret")[:6]:
        answer(unit.token)
    before = set(AnonymousSheet.objects.values_list("pk", flat=True))

    fieldwork.close(survey_id=nameless.pk, now=LATER)

    after = set(AnonymousSheet.objects.values_list("pk", flat=True))
    assert len(after) == 6
    assert not before & after
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT xmin::text) FROM observatory_anonymoussheet")
        assert cursor.fetchone() == (1,)


# --- Peers ---


def shown(row, group):
    found = PeerShares.objects.filter(survey=row, group=group).first()
    return found and (found.n, found.shares.get("site"))


def test_peers_are_shown_from_five_on_and_by_steps_of_five(unit):
    units = list(unit.survey.units.filter(stratum__code="1-9").order_by("siret")[:10])
    for each in units[:4]:
        answer(each.token)
    assert shown(unit.survey, "1-9") is None

    answer(units[4].token, site="no")
    assert shown(unit.survey, "1-9") == (5, {"yes": 80, "no": 20})
    answer(units[5].token, site="no")
    assert shown(unit.survey, "1-9") == (5, {"yes": 80, "no": 20})
    for each in units[6:]:
        answer(each.token, site="no")
    assert shown(unit.survey, "1-9") == (10, {"yes": 40, "no": 60})
    assert shown(unit.survey, "") == (10, {"yes": 40, "no": 60})


def test_peers_who_are_mostly_one_person_are_shown_from_eleven_on(unit):
    unit.survey.strata.filter(code="1-9").update(sole_traders=models.F("size"))
    units = list(unit.survey.units.filter(stratum__code="1-9").order_by("siret")[:11])
    for each in units[:10]:
        answer(each.token)
    assert shown(unit.survey, "1-9") is None

    answer(units[10].token, site="no")

    assert shown(unit.survey, "1-9") == (11, {"yes": 91, "no": 9})


def test_what_all_have_answered_is_not_shown(unit):
    for each in unit.survey.units.order_by("siret")[:5]:
        answer(each.token)

    assert PeerShares.objects.get(group="").shares == {}


def test_free_words_and_several_choices_are_not_compared():
    from emn.questionnaires.definition import read

    answers = [("said", "x")] * 6 + [("tools", ["crm"])] * 6 + [("gone", "x")] * 6

    assert peers.shares_of(read(make.CONTENT), answers, least=5) == {}


@pytest.mark.django_db(transaction=True)
def test_two_pages_hand_in_the_same_link_once():
    make.register(small=10, large=10)
    row = opened(privacy=Privacy.ANONYMOUS, sample_size=10)
    unit = row.units.order_by("siret").first()
    from emn.questionnaires import services as questionnaires

    runs = [collecting.begin(token=unit.token, language="fr", now=NOW) for _each in range(4)]
    for run in runs:
        questionnaires.save_answers(run=run, values={"site": "yes"}, seen={}, now=NOW)
    refused = []

    def hand_in(run):
        try:
            collecting.submit(token=unit.token, key=run.key, now=NOW)
        except AlreadyAnswered:
            refused.append(run)
        finally:
            connection.close()

    threads = [threading.Thread(target=hand_in, args=[run]) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert AnonymousSheet.objects.count() == 1
    assert len(refused) == 3
