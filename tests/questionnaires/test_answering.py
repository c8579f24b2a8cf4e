"""Answers one by one: saved once, never over a newer one, from any device."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import IntegrityError, InternalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from emn.questionnaires import services
from emn.questionnaires.definition import read
from emn.questionnaires.forms import PageForm, mirrored
from emn.questionnaires.models import Answer, QuestionnaireVersion, Run
from emn.questionnaires.paths import way
from tests.diagnostics.factories import NOW
from tests.questionnaires.sample import question_of, raw

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]
WHOLE = {
    "size": "alone", "has": ["shop"], "speed": "99.5", "grid": {"web": "yes", "mail": "no"},
}  # fmt: skip


@pytest.fixture
def run():
    with transaction.atomic():
        version = services.write_version(
            code="essai", number="1.0", content=raw(), published_at=NOW
        )
        return services.start_run(version_id=version.pk, language="fr", now=NOW)


def save(run, values, **seen):
    services.save_answers(run=run, values=values, seen=seen, now=NOW)


def finish(run):
    with transaction.atomic():
        return services.finish_run(run_id=run.pk, now=NOW)


def test_a_page_of_answers_is_saved_in_one_query(run):
    with CaptureQueriesContext(connection) as asked:
        save(run, {"size": "some", "has": ["cars"]})

    assert len([query for query in asked if "questionnaires_" in query["sql"]]) == 1
    assert services.kept(run).answers == {"size": "some", "has": ["cars"]}
    assert services.kept(run).revisions == {"size": 1, "has": 1}


def test_the_same_page_sent_twice_writes_once(run):
    for _time in range(2):
        save(run, {"size": "some"})

    assert Answer.objects.get().revision == 1


def test_an_answer_changes_from_the_page_that_shows_it(run):
    save(run, {"size": "some"})
    save(run, {"size": "many"}, size=1)

    assert services.kept(run).answers == {"size": "many"}
    assert services.kept(run).revisions == {"size": 2}


def test_a_stale_page_does_not_overwrite_and_the_rest_of_it_is_not_written(run):
    save(run, {"size": "some"})
    save(run, {"size": "many"}, size=1)

    with pytest.raises(services.StaleAnswer, match="dans une autre page"):
        save(run, {"size": "alone", "has": ["shop"]}, size=1)

    assert services.kept(run).answers == {"size": "many"}


@pytest.mark.django_db(transaction=True)
def test_two_devices_that_answer_at_once_write_one_answer(run):
    start = Barrier(2)

    def answer(size):
        try:
            start.wait()
            save(run, {"size": size})
        except services.StaleAnswer:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(2) as pool:
        written = list(pool.map(answer, ["some", "many"]))

    assert sorted(written) == [False, True]
    assert services.kept(run).answers["size"] == ["some", "many"][written.index(True)]


@pytest.mark.django_db(transaction=True)
def test_two_devices_that_answer_different_questions_both_write(run):
    start = Barrier(2)

    def answer(values):
        start.wait()
        save(run, values)
        connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(answer, [{"size": "some"}, {"has": ["cars"]}]))

    assert services.kept(run).answers == {"size": "some", "has": ["cars"]}


def test_an_answer_taken_back_does_not_count(run):
    save(run, {"since": "2026-01-01"})
    save(run, {"since": None}, since=1)

    assert services.kept(run).answers == {}


def test_finishing_drops_what_is_not_asked_and_closes(run):
    save(run, WHOLE | {"team": 3})

    _run, kept = finish(run)
    again = finish(run)

    assert dict(kept.answers) == WHOLE
    assert set(Answer.objects.values_list("question", flat=True)) == set(WHOLE)
    assert again[1].answers == WHOLE
    with pytest.raises(services.RunClosed):
        save(run, {"size": "some"}, size=1)
    assert services.kept(run).answers["size"] == "alone"


def test_finishing_asks_for_what_is_missing(run):
    save(run, {"size": "some", "has": ["shop"]})

    with pytest.raises(services.RunIncomplete) as refused:
        finish(run)

    assert refused.value.page.code == "team"
    assert Run.objects.get().finished_at is None


@pytest.mark.django_db(transaction=True)
def test_an_answer_and_the_end_at_once_leave_a_whole_run(run):
    save(run, WHOLE)
    start = Barrier(2)

    def change():
        try:
            start.wait()
            save(run, {"size": "some"}, size=1)  # team is then asked
        except services.RunClosed:
            return "closed"
        finally:
            connection.close()
        return "changed"

    def end():
        try:
            start.wait()
            finish(run)
        except services.RunIncomplete:
            return "incomplete"
        finally:
            connection.close()
        return "finished"

    with ThreadPoolExecutor(2) as pool:
        one, two = pool.submit(change), pool.submit(end)
        outcome = (one.result(), two.result())

    assert outcome in {("closed", "finished"), ("changed", "incomplete")}
    is_finished = Run.objects.get().finished_at is not None
    assert is_finished == (
        way(services.kept(run).definition, services.kept(run).answers).missing == ()
    )


def test_reopening_finds_the_answers_where_they_were(run):
    save(run, WHOLE)
    finish(run)

    with transaction.atomic():
        services.reopen_run(run_id=run.pk, now=NOW)
    save(run, {"size": "some"}, size=1)

    assert services.kept(run).answers == WHOLE | {"size": "some"}


@pytest.mark.django_db(transaction=True)
def test_a_published_version_does_not_change(run):
    version = QuestionnaireVersion.objects.get()

    for act in (
        lambda: QuestionnaireVersion.objects.update(content={}),
        lambda: QuestionnaireVersion.objects.update(published_at=None),
        lambda: version.runs.all().delete() and version.delete(),
    ):
        with pytest.raises((InternalError, IntegrityError), match="it does not change"):
            act()


def test_a_draft_may_change(run):
    questionnaire = QuestionnaireVersion.objects.get().questionnaire
    draft = QuestionnaireVersion.objects.create(
        questionnaire=questionnaire, number="2.0", content={}, sha256=""
    )

    QuestionnaireVersion.objects.filter(pk=draft.pk).update(content=raw())

    assert QuestionnaireVersion.objects.filter(pk=draft.pk).delete()[0] == 1


# --- The form of a page ---


def form_of(run, code, data):
    kept = services.kept(run)
    return PageForm(data, page=kept.way.page(code), answers=kept.answers, revisions=kept.revisions)


@pytest.mark.parametrize(
    ("code", "data", "values"),
    [
        ("profile", {"size": "some", "has": ["cars", "shop"]},
         {"size": "some", "has": ["shop", "cars"]}),
        ("team", {"team": "3"}, {"team": 3}),
        ("team", {"team": "unknown"}, {"team": "unknown"}),
        ("speed", {"speed": "99.50"}, {"speed": "99.5"}),
        ("speed", {"speed": "1000"}, {"speed": "1000"}),
        ("speed", {"speed": "", "unknown-speed": "on"}, {"speed": "unknown"}),
        ("grid", {"grid--web": "yes", "grid--mail": "no"}, {"grid": {"web": "yes", "mail": "no"}}),
        ("since", {"since": "2026-02-28"}, {"since": "2026-02-28"}),
        ("since", {"since": ""}, {"since": None}),
    ],
)  # fmt: skip
def test_a_form_gives_the_values_that_are_kept(run, code, data, values):
    save(run, {"size": "some", "has": ["shop"]})

    form = form_of(run, code, data)

    assert form.is_valid(), form.errors
    assert form.values == values


@pytest.mark.parametrize(
    ("code", "data", "words"),
    [
        ("profile", {"has": ["shop"]}, "Choisissez une réponse"),
        ("profile", {"size": "some"}, "Cochez au moins une réponse"),
        ("profile", {"size": "some", "has": ["shop", "none"]}, "exclut les autres"),
        ("profile", {"size": "huge", "has": ["shop"]}, "huge"),
        ("speed", {"speed": "fast"}, "Saisissez un nombre"),
        ("speed", {"speed": "-1"}, "supérieur"),
        ("grid", {"grid--web": "yes"}, "Choisissez une réponse"),
        ("trade", {"trade": "boulanger"}, "quatre chiffres et une lettre"),
        ("place", {"place": "Nulle-Part"}, "ne connaissons pas cette commune"),
    ],
)  # fmt: skip
def test_a_form_says_what_is_wrong(run, code, data, words):
    save(run, {"size": "some", "has": ["shop"]})

    form = form_of(run, code, data)

    assert not form.is_valid()
    assert words in str(form.errors)


def test_a_stranger_revision_is_none(run):
    form = form_of(run, "profile", {"seen-size": "9" * 20, "seen-has": "2; DROP TABLE"})

    assert form.seen == {}


def test_conditions_within_a_page_are_given_to_the_browser(run):
    value = raw()
    value["sections"][0]["questions"][1]["when"] = {"q": "size", "op": "is", "value": "many"}
    with transaction.atomic():
        version = services.write_version(
            code="autre", number="1.0", content=value, published_at=NOW
        )
    page = way(services.definition_of(version.pk), {}).pages[0]

    assert mirrored(page) == {"has": {"q": "size", "op": "is", "value": "many"}}
    form = PageForm({"size": "some"}, page=page, answers={}, revisions={})
    assert form.is_valid()
    assert form.values == {"size": "some", "has": None}


def test_the_browser_does_not_settle_what_is_written_in_more_ways_than_one():
    value = raw()
    value["sections"][1]["one_page"] = True
    question_of(value, "words")["when"] = {"q": "trade", "op": "starts", "value": ["10"]}
    page = way(read(value), {"size": "some", "has": ["shop"]}).pages[1]

    assert mirrored(page) == {}
