"""On what ground a list writes: a consent, or a profession that the message touches (R2.02)."""

import json

import pytest

from emn.mailings import addresses, segments
from emn.mailings.enums import Basis, DeliveryState, Skip
from emn.mailings.models import JobFunction, Subscription, Topic
from emn.mailings.services.lists import LISTS_FILE, sync_lists
from tests.mailings import letters
from tests.mailings.letters import reader
from tests.mailings.test_campaign_delivery import (  # noqa: F401 -- fixtures
    no_bells,
    run,
    sink,
    started,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]
WORK, PRIVATE, GENERAL = "a@firm.example", "a@gmail.com", "info@firm.example"
TABLE = [  # basis, address, function, topics of the message, written to
    (Basis.CONSENT, WORK, "", [], True),
    (Basis.CONSENT, PRIVATE, "", ["vente"], True),
    (Basis.PROFESSION, WORK, "informatique", ["ia"], True),
    (Basis.PROFESSION, WORK, "informatique", ["vente", "securite"], True),
    (Basis.PROFESSION, WORK, "informatique", ["vente"], False),
    (Basis.PROFESSION, WORK, "informatique", [], False),
    (Basis.PROFESSION, WORK, "", ["ia"], False),
    (Basis.PROFESSION, WORK, "inconnue", ["ia"], False),
    (Basis.PROFESSION, PRIVATE, "informatique", ["ia"], False),
    (Basis.GENERIC, GENERAL, "", [], True),
    (Basis.GENERIC, GENERAL, "", ["vente"], True),
]


@pytest.mark.parametrize(("basis", "email", "function", "topics", "written_to"), TABLE)
def test_who_may_be_written_to(basis, email, function, topics, written_to):
    sync_lists(write=True)
    reader(email=email, basis=basis, function=function)

    assert Subscription.objects.with_basis(topics=topics).count() == written_to
    letter = letters.written(letters.campaign(segment={"topics": topics} if topics else {}))
    assert segments.readers(letter).count() == written_to


@pytest.mark.parametrize("row", TABLE)
def test_the_ground_is_looked_at_when_the_message_leaves(sink, row):  # noqa: F811
    basis, email, function, topics, written_to = row
    sync_lists(write=True)
    person = reader(email=email)
    letter = started(
        letters.written(letters.campaign(segment={"topics": topics} if topics else {}))
    )
    Subscription.objects.update(basis=basis)
    type(person).objects.update(function=function)

    run(letter)

    row = letter.deliveries.get()
    assert (row.state, row.skip_reason) == (
        (DeliveryState.SENT, "") if written_to else (DeliveryState.SKIPPED, Skip.NO_GROUND)
    )
    assert len(sink.messages) == written_to


def test_a_topic_that_staff_takes_from_a_function_stops_what_waits(sink):  # noqa: F811
    sync_lists(write=True)
    reader(email=WORK, basis=Basis.PROFESSION, function="informatique")
    letter = started(letters.written(letters.campaign(segment={"topics": ["ia"]})))
    JobFunction.objects.get(code="informatique").topics.remove(Topic.objects.get(code="ia"))

    run(letter)

    assert letter.deliveries.get().skip_reason == Skip.NO_GROUND


def test_each_function_ships_with_words_of_its_own_and_topics_that_exist():
    content = json.loads(LISTS_FILE.read_text(encoding="utf-8"))
    known = {topic["code"] for topic in content["topics"]}

    words = [word.lower() for entry in content["functions"] for word in entry["words"]]
    assert len(words) == len(set(words))
    for entry in content["functions"]:
        assert set(entry["name"]) == {"fr", "de", "en"}
        assert entry["topics"]
        assert set(entry["topics"]) <= known


def test_what_staff_wrote_of_a_function_stays_whatever_ships():
    sync_lists(write=True)
    function = JobFunction.objects.get(code="informatique")
    assert function.topics.filter(code="ia").exists()
    function.topics.set([])
    JobFunction.objects.filter(pk=function.pk).update(words=["magicien"], name_fr="Autre")

    diff = sync_lists(write=True)

    function.refresh_from_db()
    assert len(diff.changed) == 1
    assert (function.name_fr, function.words) == ("Informatique", ["magicien"])
    assert function.topics.count() == 0


def test_the_file_of_mailboxes_is_in_small_letters_and_without_double():
    for kept in json.loads(addresses.MAILBOXES_FILE.read_text(encoding="utf-8")).values():
        assert kept == sorted({word.lower() for word in kept})
