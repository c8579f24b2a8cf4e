"""An envoi goes through its states one at a time, and nothing leaves unready or late."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction

from emn.accounts.models import User
from emn.lib import staff_tasks
from emn.lib.page_cache import read_generation
from emn.mailings import tasks
from emn.mailings.enums import CampaignStatus, DeliveryState, Stream
from emn.mailings.models import Block, Campaign, Delivery, OutboundEmail
from emn.mailings.services import campaigns, drafts
from tests.mailings import letters
from tests.mailings.letters import NOW, reader

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]

LATER = NOW + timedelta(days=1)


@pytest.fixture
def agent():
    return User.objects.create_user("agent@centre.example", is_staff=True, is_superuser=True)


@pytest.fixture
def rung(monkeypatch):
    """Note the tasks asked for instead of sending them to the broker."""
    asked = []
    for task in (
        tasks.start_due_campaigns,
        tasks.check_links,
        tasks.count_audience,
        tasks.close_cancelled,
        tasks.reopen_doubts,
    ):
        name = task.name.rpartition(".")[2]
        monkeypatch.setattr(task, "delay", lambda name=name, **values: asked.append((name, values)))
    return asked


@pytest.fixture
def letter():
    reader()
    return letters.written()


def in_state(letter, status, **fields):
    started = {"started_at": NOW, "audience": 1} if status in {"sending", "paused", "sent"} else {}
    scheduled = {"scheduled_at": NOW} if status == "scheduled" else {}
    Campaign.objects.filter(pk=letter.pk).update(status=status, **started | scheduled | fields)
    return letter


def waiting(letter):
    person = reader()
    return letter.deliveries.create(
        subscriber=person,
        mailbox_hash=person.mailbox_hash,
        domain="firme.example",
        language="fr",
        next_attempt_at=NOW,
    )


# --- Scheduling ---


def test_schedule_sets_the_hour_and_the_address_of_the_archive(letter, agent, rung):
    done = campaigns.schedule_campaign(campaign_id=letter.pk, at=LATER, by_id=agent.pk, now=NOW)

    done.refresh_from_db()
    assert (done.status, done.scheduled_at, done.decided_by) == ("scheduled", LATER, agent)
    assert done.slug == "2026-11-22-des-nouvelles-fr"
    assert ("start_due_campaigns", {}) not in rung


def test_send_now_rings_at_once(letter, agent, rung):
    campaigns.schedule_campaign(campaign_id=letter.pk, at=None, by_id=agent.pk, now=NOW)

    assert Campaign.objects.get().scheduled_at == NOW
    assert rung[-1] == ("start_due_campaigns", {})


def test_two_letters_of_a_day_have_two_addresses(agent):
    reader()
    slugs = []
    for _n in range(2):
        letter = letters.written()
        done = campaigns.schedule_campaign(campaign_id=letter.pk, at=LATER, by_id=agent.pk, now=NOW)
        slugs.append(done.slug)

    assert slugs == ["2026-11-22-des-nouvelles-fr", "2026-11-22-des-nouvelles-fr-2"]


def test_letter_out_of_the_archive_has_no_address(letter, agent):
    Campaign.objects.update(is_archived=False)

    done = campaigns.schedule_campaign(campaign_id=letter.pk, at=LATER, by_id=agent.pk, now=NOW)

    assert done.slug == ""


def test_schedule_refuses_what_is_not_ready(letter, agent):
    Block.objects.all().delete()

    with pytest.raises(campaigns.CampaignRefused, match=r"pas prêt.*Ajoutez un bloc"):
        campaigns.schedule_campaign(campaign_id=letter.pk, at=LATER, by_id=agent.pk, now=NOW)

    assert Campaign.objects.get().status == CampaignStatus.DRAFT


def test_schedule_refuses_an_hour_that_is_past(letter, agent):
    with pytest.raises(campaigns.CampaignRefused, match="heure est passée"):
        campaigns.schedule_campaign(
            campaign_id=letter.pk, at=NOW - timedelta(seconds=1), by_id=agent.pk, now=NOW
        )


STEPS = {
    "schedule": (
        {"draft", "scheduled", "held"},
        lambda pk, by: campaigns.schedule_campaign(campaign_id=pk, at=LATER, by_id=by, now=NOW),
    ),
    "reopen": (
        {"scheduled", "held"},
        lambda pk, by: campaigns.reopen_campaign(campaign_id=pk, by_id=by),
    ),
    "pause": (
        {"sending"},
        lambda pk, by: campaigns.pause_campaign(campaign_id=pk, reason="x", by_id=by, now=NOW),
    ),
    "resume": ({"paused"}, lambda pk, by: campaigns.resume_campaign(campaign_id=pk, by_id=by)),
    "cancel": (
        {"scheduled", "held", "sending", "paused"},
        lambda pk, by: campaigns.cancel_campaign(campaign_id=pk, by_id=by, now=NOW),
    ),
}
RESULTS = {
    "schedule": "scheduled",
    "reopen": "draft",
    "pause": "paused",
    "resume": "sending",
    "cancel": "cancelled",
}


@pytest.mark.parametrize("status", CampaignStatus.values)
@pytest.mark.parametrize("step", STEPS)
def test_step_is_taken_from_its_states_only(letter, agent, step, status):
    in_state(letter, status)
    allowed, take = STEPS[step]

    if status in allowed:
        take(letter.pk, agent.pk)
        expected = RESULTS[step]
    else:
        with pytest.raises(campaigns.CampaignRefused, match="plus possible"):
            take(letter.pk, agent.pk)
        expected = status

    assert Campaign.objects.get(pk=letter.pk).status == expected


def test_pause_says_why_by_whom_and_when_and_resuming_forgets_it(letter, agent):
    in_state(letter, "sending")

    campaigns.pause_campaign(
        campaign_id=letter.pk, reason="Trop de rejets", by_id=agent.pk, now=LATER
    )
    stopped = Campaign.objects.get()
    assert (stopped.stopped_reason, stopped.stopped_by, stopped.stopped_at) == (
        "Trop de rejets",
        agent,
        LATER,
    )

    campaigns.resume_campaign(campaign_id=letter.pk, by_id=agent.pk)
    resumed = Campaign.objects.get()
    assert (resumed.stopped_reason, resumed.stopped_by, resumed.stopped_at) == ("", None, None)


def test_reopened_letter_has_no_hour(letter, agent):
    in_state(letter, "scheduled")

    campaigns.reopen_campaign(campaign_id=letter.pk, by_id=agent.pk)

    assert Campaign.objects.get().scheduled_at is None


def test_cancelling_changes_the_state_at_once_and_leaves_the_rows_to_the_worker(
    letter, agent, rung
):
    in_state(letter, "sending")
    waited = waiting(letter)

    campaigns.cancel_campaign(campaign_id=letter.pk, by_id=agent.pk, now=LATER)

    waited.refresh_from_db()
    cancelled = Campaign.objects.get()
    assert waited.state == DeliveryState.WAITING
    assert (cancelled.finished_at, cancelled.stopped_by) == (LATER, agent)
    assert rung == [("close_cancelled", {"campaign_id": letter.pk})]


def test_cancelled_letter_leaves_the_kept_pages(letter, agent):
    in_state(letter, "paused")
    before = read_generation()

    campaigns.cancel_campaign(campaign_id=letter.pk, by_id=agent.pk, now=NOW)

    assert read_generation() != before


@pytest.mark.django_db(transaction=True)
def test_two_agents_take_one_step_once(letter, agent):
    in_state(letter, "sending")

    def cancel():
        try:
            campaigns.cancel_campaign(campaign_id=letter.pk, by_id=agent.pk, now=NOW)
        except campaigns.CampaignRefused:
            return "refused"
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            Campaign.objects.filter(pk=letter.pk).update(status="sent")
            second = pool.submit(cancel)
            time.sleep(0.5)  # it has come to the row, which the first still holds

        assert second.result() == "refused"


# --- The hour ---


@pytest.mark.parametrize(
    ("late", "started", "status"),
    [
        (timedelta(minutes=-1), False, "scheduled"),
        (timedelta(0), True, "scheduled"),
        (timedelta(hours=2), True, "scheduled"),
        (timedelta(hours=2, seconds=1), False, "held"),
    ],
)
def test_due_letters_start_and_late_ones_are_held(letter, late, started, status):
    in_state(letter, "scheduled", scheduled_at=NOW - late)

    campaigns.start_due(now=NOW)

    assert Campaign.objects.get().status == ("sending" if started else status)


def test_an_envoi_that_cannot_start_is_held_and_stops_no_other(letter, agent):
    nobody = letters.written(letters.campaign(letters.mailing_list("vide"), title="vide"))
    in_state(nobody, "scheduled", scheduled_at=NOW - timedelta(minutes=2))
    broken = letters.written()
    in_state(broken, "scheduled", scheduled_at=NOW - timedelta(minutes=1))
    broken.editions.update(subject="")
    in_state(letter, "scheduled", scheduled_at=NOW)

    campaigns.start_due(now=NOW)

    for row in (nobody, broken, letter):
        row.refresh_from_db()
    assert (nobody.status, broken.status, letter.status) == ("held", "held", "sending")
    assert nobody.stopped_reason == "Cet envoi n’a aucun destinataire."
    assert broken.stopped_reason.startswith("Écrivez l’objet en français")
    campaigns.reopen_campaign(campaign_id=nobody.pk, by_id=agent.pk)
    nobody.refresh_from_db()
    assert nobody.stopped_reason == ""


def test_a_letter_is_withdrawn_from_the_archive_and_shown_again(letter, agent):
    in_state(letter, "sent", started_at=NOW, audience=1, slug="decembre")
    act = {"campaign_id": letter.pk, "by_id": agent.pk, "now": NOW}

    campaigns.set_archived(**act, is_archived=False)
    assert not Campaign.objects.archived().exists()

    campaigns.set_archived(**act, is_archived=True)
    assert Campaign.objects.archived().get() == letter
    letter.list.is_public = False
    letter.list.save()
    assert not Campaign.objects.archived().exists()


def test_held_letters_wait_among_what_staff_has_to_do(letter, agent):
    in_state(letter, "held")

    queues = {str(queue.label): queue for queue in staff_tasks.waiting_for(agent)}

    held = queues["envois retenus, leur heure étant passée"]
    assert (held.count, held.url) == (1, "/admin/mailings/campaign/?status__exact=held")


# --- Drafts ---


def test_only_a_draft_is_written(letter):
    block = letter.blocks.get()
    in_state(letter, "scheduled")
    writes = [
        lambda: drafts.save_settings(
            campaign_id=letter.pk,
            title="x",
            list_id=letter.list_id,
            priority=2,
            is_archived=True,
            now=NOW,
        ),
        lambda: drafts.save_editions(campaign_id=letter.pk, editions={}, now=NOW),
        lambda: letters.add_block(letter, fr="x"),
        lambda: drafts.move_block(campaign_id=letter.pk, block_id=block.pk, down=True),
        lambda: drafts.delete_block(campaign_id=letter.pk, block_id=block.pk),
        lambda: drafts.save_segment(campaign_id=letter.pk, segment={}, now=NOW),
    ]
    for write in writes:
        with pytest.raises(drafts.NotADraft, match="rouvrez-le"):
            write()


def order(letter):
    return [block.content["fr"]["text"] for block in letter.blocks.order_by("position", "pk")]


def test_blocks_change_places_with_their_neighbours(letter):
    last = letters.add_block(letter, fr="Deux.")
    letters.add_block(letter, fr="Trois.")
    assert order(letter) == ["Bonjour à toutes et à tous.", "Deux.", "Trois."]

    drafts.move_block(campaign_id=letter.pk, block_id=last.pk, down=True)
    assert order(letter) == ["Bonjour à toutes et à tous.", "Trois.", "Deux."]
    drafts.move_block(campaign_id=letter.pk, block_id=last.pk, down=True)
    assert order(letter) == ["Bonjour à toutes et à tous.", "Trois.", "Deux."]
    for _n in range(3):
        drafts.move_block(campaign_id=letter.pk, block_id=last.pk, down=False)
    assert order(letter) == ["Deux.", "Bonjour à toutes et à tous.", "Trois."]


def test_block_of_another_letter_is_not_moved(letter):
    other = letters.written().blocks.get()

    with pytest.raises(Block.DoesNotExist):
        drafts.move_block(campaign_id=letter.pk, block_id=other.pk, down=True)


def test_saved_block_has_its_links_asked(letter, rung):
    letters.add_block(letter, fr="[a](https://a.example/)")

    assert rung == [("check_links", {"campaign_id": letter.pk})]


def test_language_left_out_loses_its_edition(letter):
    words = {"subject": "Neues", "preheader": ""}

    drafts.save_editions(campaign_id=letter.pk, editions={"de": words}, now=NOW)

    assert [(e.language, e.subject) for e in letter.editions.all()] == [("de", "Neues")]


def test_empty_criterion_asks_nothing(letter):
    drafts.save_segment(campaign_id=letter.pk, segment={"language": ["de"], "topics": []}, now=NOW)

    assert Campaign.objects.get().segment == {"language": ["de"]}


def test_trial_goes_to_the_agent_without_marks(letter, agent):
    drafts.send_trial(campaign_id=letter.pk, language="fr", to_id=agent.pk, now=NOW)

    mail = OutboundEmail.objects.get()
    assert (mail.to_email, mail.subject, mail.stream) == (
        "agent@centre.example",
        "[Essai] Des nouvelles (fr)",
        Stream.LIST,
    )
    assert "@@EMN" not in mail.text_body + mail.html_body
    assert not Delivery.objects.exists()


def test_trial_needs_a_version(letter, agent):
    with pytest.raises(drafts.NoSuchLanguage, match="Écrivez d’abord"):
        drafts.send_trial(campaign_id=letter.pk, language="de", to_id=agent.pk, now=NOW)


@pytest.mark.parametrize("rights", [{"is_staff": False}, {"is_staff": True, "is_active": False}])
def test_trial_is_for_agents_only(letter, rights):
    person = User.objects.create_user("quidam@ailleurs.example", **rights)

    with pytest.raises(drafts.NotAnAgent):
        drafts.send_trial(campaign_id=letter.pk, language="fr", to_id=person.pk, now=NOW)
    assert not OutboundEmail.objects.exists()
