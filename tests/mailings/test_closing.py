"""What staff decides reaches a ledger of any size: by batches, once, whoever dies on the way."""

import threading
import uuid
from collections import Counter

import pytest
from django.db import connection
from django.utils import timezone

from emn.accounts.models import User
from emn.mailings import tasks
from emn.mailings.enums import CampaignStatus, DeliveryState, Doubts
from emn.mailings.models import Campaign
from emn.mailings.services import campaigns, closing, delivery
from tests.mailings.letters import reader
from tests.mailings.test_campaign_delivery import (  # noqa: F401 -- fixtures
    no_bells,
    run,
    sink,
    started,
    states,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def agent():
    return User.objects.create_user("agent@centre.example", is_staff=True)


@pytest.fixture(autouse=True)
def rung(monkeypatch):
    """Cut the work in small batches, and note the tasks instead of sending them."""
    asked = []
    monkeypatch.setattr(closing, "BATCH", 2)
    for task in (tasks.close_cancelled, tasks.reopen_doubts):
        name = task.name.rpartition(".")[2]
        monkeypatch.setattr(task, "delay", lambda name=name, **values: asked.append((name, values)))
    return asked


def at_once(*acts):
    """Run the acts together, each on its own connection; return what each gave."""
    barrier, given = threading.Barrier(len(acts)), []

    def one(act):
        barrier.wait()
        try:
            given.append(act())
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return given


def dies_at(monkeypatch, name, call):
    """Make a function of the service fail at that call, once."""
    real, calls = getattr(closing, name), []

    def dying(*args, **kwargs):
        calls.append(1)
        if len(calls) == call:
            raise SystemExit
        return real(*args, **kwargs)

    monkeypatch.setattr(closing, name, dying)


# --- Cancelling ---


def cancelled(agent, people=5):
    for _ in range(people):
        reader()
    letter = started()
    campaigns.cancel_campaign(campaign_id=letter.pk, by_id=agent.pk, now=timezone.now())
    return letter


def test_rows_of_a_cancelled_envoi_are_set_aside_and_counted(agent):
    letter = cancelled(agent)

    closing.close_cancelled(campaign_id=letter.pk)

    letter.refresh_from_db()
    assert states(letter) == Counter({DeliveryState.SKIPPED: 5})
    assert (letter.skipped, letter.left) == (5, 0)
    assert set(letter.deliveries.values_list("skip_reason", flat=True)) == {"cancelled"}


def test_a_worker_that_dies_is_made_up_for(agent, monkeypatch, rung):
    letter = cancelled(agent)
    dies_at(monkeypatch, "_close_batch", 2)
    with pytest.raises(SystemExit):
        closing.close_cancelled(campaign_id=letter.pk)
    letter.refresh_from_db()
    assert (letter.skipped, letter.left) == (2, 3)
    rung.clear()

    closing.ring_again()

    assert rung == [("close_cancelled", {"campaign_id": letter.pk})]
    closing.close_cancelled(campaign_id=letter.pk)
    letter.refresh_from_db()
    assert letter.skipped == 5
    rung.clear()
    closing.ring_again()
    assert rung == []


def test_several_workers_set_each_row_aside_once(agent):
    letter = cancelled(agent, people=20)

    at_once(*[lambda: closing.close_cancelled(campaign_id=letter.pk)] * 4)
    closing.close_cancelled(campaign_id=letter.pk)

    letter.refresh_from_db()
    assert letter.skipped == 20


def test_nobody_gets_a_letter_after_it_was_cancelled(agent, sink):  # noqa: F811
    letter = cancelled(agent)

    run(letter)

    assert sink.messages == []
    assert states(letter) == Counter({DeliveryState.WAITING: 5})


def test_a_long_work_goes_on_in_another_task(agent, monkeypatch, rung):
    letter = cancelled(agent)
    monkeypatch.setattr(closing, "RUN_LASTS", 0)
    rung.clear()

    closing.close_cancelled(campaign_id=letter.pk)

    assert rung == [("close_cancelled", {"campaign_id": letter.pk})]


def test_only_a_cancelled_envoi_is_closed():
    reader()
    letter = started()

    closing.close_cancelled(campaign_id=letter.pk)

    assert states(letter) == Counter({DeliveryState.WAITING: 1})


# --- The doubts ---


def in_doubt(people=5):
    """Return an envoi that is over, whose run died with these messages in its hands."""
    for _ in range(people):
        reader()
    letter = started()
    delivery._claim(campaign_id=letter.pk, run=uuid.uuid4(), after=None, now=timezone.now())
    delivery.sweep_campaigns(now=timezone.now())
    run(letter)
    assert (letter.status, letter.unknown) == (CampaignStatus.SENT, people)
    return letter


def decide(letter, agent, *, again):
    return campaigns.decide_doubts(
        campaign_id=letter.pk, again=again, by_id=agent.pk, now=timezone.now()
    )


def test_doubts_left_as_they_are_stay_so_for_good(agent, sink):  # noqa: F811
    letter = in_doubt()

    decide(letter, agent, again=False)
    closing.reopen_doubts(campaign_id=letter.pk)
    run(letter)

    assert (letter.doubts, letter.doubts_decided_by, sink.messages) == (Doubts.CLOSED, agent, [])
    with pytest.raises(campaigns.CampaignRefused, match="déjà décidé, par agent@centre"):
        decide(letter, agent, again=True)


def test_doubts_sent_again_leave_once_under_their_first_message_id(agent, sink):  # noqa: F811
    letter = in_doubt()

    decide(letter, agent, again=True)
    run(letter)
    assert sink.messages == []  # not before all are open
    closing.reopen_doubts(campaign_id=letter.pk)
    run(letter)

    assert set(sink.served.values()) == {1}
    assert (letter.sent, letter.unknown, letter.left, letter.status) == (
        5,
        0,
        0,
        CampaignStatus.SENT,
    )
    assert (letter.doubts, letter.doubts_decided_by) == (Doubts.OPEN, agent)


def test_nothing_is_sent_again_by_itself(sink, rung):  # noqa: F811
    letter = in_doubt()

    for _ in range(3):
        delivery.sweep_campaigns(now=timezone.now())
        closing.ring_again()
        closing.reopen_doubts(campaign_id=letter.pk)
        run(letter)

    assert (letter.unknown, sink.messages, rung) == (5, [], [])


def test_a_worker_that_dies_while_reopening_is_made_up_for(agent, monkeypatch, rung):
    letter = in_doubt()
    decide(letter, agent, again=True)
    dies_at(monkeypatch, "_reopen_batch", 2)
    with pytest.raises(SystemExit):
        closing.reopen_doubts(campaign_id=letter.pk)
    letter.refresh_from_db()
    assert (letter.status, letter.unknown) == (CampaignStatus.SENT, 3)
    rung.clear()

    closing.ring_again()
    assert rung == [("reopen_doubts", {"campaign_id": letter.pk})]
    closing.reopen_doubts(campaign_id=letter.pk)

    letter.refresh_from_db()
    assert (letter.status, letter.unknown) == (CampaignStatus.SENDING, 0)


def test_several_workers_reopen_each_doubt_once(agent):
    letter = in_doubt(people=11)
    decide(letter, agent, again=True)

    at_once(*[lambda: closing.reopen_doubts(campaign_id=letter.pk)] * 4)

    letter.refresh_from_db()
    assert (letter.status, letter.unknown, letter.left) == (CampaignStatus.SENDING, 0, 11)


def test_a_new_doubt_waits_for_a_decision_of_its_own(agent):
    letter = in_doubt(people=1)
    decide(letter, agent, again=True)
    closing.reopen_doubts(campaign_id=letter.pk)
    delivery._claim(campaign_id=letter.pk, run=uuid.uuid4(), after=None, now=timezone.now())
    delivery.sweep_campaigns(now=timezone.now())
    run(letter)

    closing.reopen_doubts(campaign_id=letter.pk)

    letter.refresh_from_db()
    assert (letter.is_in_doubt, letter.unknown) == (True, 1)
    assert decide(letter, agent, again=False).doubts == Doubts.CLOSED


def test_of_two_agents_who_decide_at_once_one_is_told_so(agent):
    letter = in_doubt()

    def deciding(again):
        def act():
            try:
                return decide(letter, agent, again=again).doubts
            except campaigns.CampaignRefused:
                return "refused"

        return act

    given = at_once(deciding(again=True), deciding(again=False))

    assert "refused" in given
    assert Campaign.objects.get().doubts in given


@pytest.mark.parametrize("status", ["sending", "paused", "cancelled"])
def test_doubts_are_decided_once_the_envoi_is_over(agent, status):
    letter = in_doubt()
    Campaign.objects.update(status=status)

    with pytest.raises(campaigns.CampaignRefused):
        decide(letter, agent, again=True)


def test_without_doubt_there_is_nothing_to_decide(agent):
    letter = in_doubt(people=1)
    Campaign.objects.update(unknown=0)

    with pytest.raises(campaigns.CampaignRefused, match="pas de remise incertaine"):
        decide(letter, agent, again=False)
