"""The page of an envoi on its way says what the ledger says, without reading it."""

from collections import Counter
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from emn.accounts.models import User
from emn.lib import staff_tasks
from emn.mailings import queries
from emn.mailings.enums import CampaignStatus, DeliveryState, SubscriptionStatus
from emn.mailings.list_relays import NO_REPLY
from emn.mailings.models import Campaign, Progress
from emn.mailings.services import campaigns, delivery, progress
from tests.mailings import letters
from tests.mailings.letters import NOW, reader
from tests.mailings.test_campaign_delivery import (  # noqa: F401 -- fixtures
    no_bells,
    run,
    sink,
    started,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]


@pytest.fixture
def agent():
    return User.objects.create_user("agent@centre.example", is_staff=True, is_superuser=True)


@pytest.fixture
def staff(client, agent):
    client.force_login(agent)
    return client


def page_of(client, letter, name="progress"):
    answer = client.get(reverse(f"admin:mailings_campaign_{name}", args=[letter.pk]))
    assert answer.status_code == 200
    return answer.text.replace("\N{NO-BREAK SPACE}", " ")


def under_way(status=CampaignStatus.SENDING, *, audience=1000, started_at=None, **fields):
    """Return an envoi in a state, its readers all French."""
    letter = letters.written()
    letter.editions.update(audience=audience)
    Campaign.objects.filter(pk=letter.pk).update(
        status=status, audience=audience, started_at=started_at or timezone.now(), **fields
    )
    letter.refresh_from_db()
    return letter


# --- The counters ---


def test_counters_say_what_the_ledger_says(sink):  # noqa: F811
    kept = [reader(), reader(language="de"), reader(language="de")]
    refused, left, blocked = reader(), reader(), reader(language="de")
    sink.answers[refused.email] = "550 5.1.1 unknown"
    letter = started(languages=("fr", "de"))
    left.subscriptions.update(status=SubscriptionStatus.ENDED, ended_at=NOW)
    letters.block(blocked)

    run(letter)

    shown = queries.progress_of(letter, now=timezone.now())
    by_language = {
        line.language: (line.audience, line.sent, line.refused, line.skipped, line.left)
        for line in shown.lines
    }
    assert by_language == {"Français": (3, 1, 1, 1, 0), "Allemand": (3, 2, 0, 1, 0)}
    assert {str(label): people for label, people in shown.skips} == {
        "s’est désinscrit": 1,
        "adresse bloquée": 1,
    }
    ledger = Counter(letter.deliveries.values_list("state", flat=True))
    assert (
        (letter.sent, letter.refused, letter.skipped, letter.unknown)
        == (
            ledger[DeliveryState.SENT],
            ledger[DeliveryState.REFUSED],
            ledger[DeliveryState.SKIPPED],
            0,
        )
        == (len(kept), 1, 2, 0)
    )


def test_doubts_of_a_dead_run_are_counted_in_their_language():
    reader(language="de")
    letter = started(languages=("de",))
    delivery._claim(
        campaign_id=letter.pk,
        run="7e57ab1e-0000-4000-8000-000000000001",
        after=None,
        now=timezone.now(),
    )

    delivery.sweep_campaigns(now=timezone.now())

    assert queries.progress_of(letter, now=timezone.now()).lines[0].unknown == 1


def test_outcomes_of_one_minute_are_one_row():
    letter = under_way()

    progress.note(letter.pk, {("fr", "sent"): 3}, now=NOW)
    progress.note(letter.pk, {("fr", "sent"): 2}, now=NOW + timedelta(seconds=30))

    row = Progress.objects.get()
    assert (row.count, row.minute, Campaign.objects.get().sent) == (5, NOW, 5)


def test_pace_is_of_the_last_minutes_and_tells_the_end():
    letter = under_way(audience=10_000, started_at=NOW - timedelta(hours=1))
    progress.note(letter.pk, {("fr", "sent"): 4_000}, now=NOW - timedelta(minutes=30))
    progress.note(letter.pk, {("fr", "sent"): 900}, now=NOW - timedelta(minutes=4))
    progress.note(letter.pk, {("fr", "refused"): 50, ("fr", "pressure"): 50}, now=NOW)
    letter.refresh_from_db()

    shown = queries.progress_of(letter, now=NOW)

    # 950 given and 1,000 settled in five minutes; 5,000 are left: 25 minutes.
    assert (shown.per_minute, shown.ends_at) == (190, NOW + timedelta(minutes=25))


def test_what_does_not_move_has_no_pace():
    letter = under_way(started_at=NOW - timedelta(hours=1))
    progress.note(letter.pk, {("fr", "sent"): 10}, now=NOW - timedelta(minutes=30))

    shown = queries.progress_of(letter, now=NOW)

    assert (shown.per_minute, shown.ends_at) == (None, None)


# --- The page ---


@pytest.mark.parametrize("minutes", [1, 300])
def test_page_costs_the_same_whatever_was_sent_and_never_reads_the_ledger(staff, minutes):
    letter = under_way(audience=1_000_000)
    for minute in range(minutes):
        progress.note(letter.pk, {("fr", "sent"): 10}, now=NOW + timedelta(minutes=minute))
    page_of(staff, letter)

    with CaptureQueriesContext(
        connection,
    ) as asked:
        page_of(staff, letter)

    assert len(asked) == 5
    assert not [query for query in asked if "mailings_delivery" in query["sql"]]


def test_page_shows_progress_with_words_and_refreshes_itself(staff):
    letter = under_way()
    progress.note(letter.pk, {("fr", "sent"): 120, ("fr", "pressure"): 30}, now=timezone.now())

    page = page_of(staff, letter)

    assert '<progress id="avancement" max="1000" value="150">' in page
    assert "<strong>15 %</strong> · 150 sur 1 000 personnes" in page.replace("\u202f", " ")
    assert "A déjà reçu assez de messages" in page
    assert 'id="suivi" data-emn-refresh="5"' in page
    assert 'aria-live="polite">En cours d’envoi, 10 %</p>' in page
    assert "messages par minute" in page
    assert "<script>" not in page.partition('id="suivi"')[2]


def test_page_of_what_is_over_stays_still(staff):
    letter = under_way(CampaignStatus.SENT, audience=1, sent=1)

    assert "data-emn-refresh" not in page_of(staff, letter)


def test_page_says_who_paused_when_and_why(staff, agent):
    letter = under_way()
    campaigns.pause_campaign(
        campaign_id=letter.pk, reason="Une faute", by_id=agent.pk, now=timezone.now()
    )

    page = page_of(staff, letter)

    assert "par agent@centre.example" in page
    assert "Une faute" in page
    assert "/decision/reprendre/" in page
    assert "/decision/suspendre/" not in page


def test_page_says_that_the_rule_stopped_it_and_resuming_says_it_again(staff):
    letter = under_way(
        CampaignStatus.PAUSED,
        stopped_reason="12 adresses n’existent pas.",
        stopped_at=NOW,
        stopped_itself_at=NOW,
    )

    page = page_of(staff, letter)
    asked = staff.get(reverse("admin:mailings_campaign_decide", args=[letter.pk, "reprendre"]))

    assert "par la règle des retours" in page
    assert "12 adresses n’existent pas." in page
    assert "la règle n’arrête plus cet envoi" in asked.text


def test_page_of_a_held_envoi_says_why(staff):
    letter = letters.written()
    Campaign.objects.update(status=CampaignStatus.HELD, scheduled_at=NOW)

    assert "il ne part pas sans vous" in page_of(staff, letter)


def test_page_is_for_who_may_see_envois(client, agent):
    letter = under_way()
    reading = User.objects.create_user("lectrice@centre.example", is_staff=True)
    client.force_login(reading)
    for name in ("progress", "doubts"):
        path = reverse(f"admin:mailings_campaign_{name}", args=[letter.pk])
        assert client.get(path).status_code == 403
    reading.user_permissions.add(Permission.objects.get(codename="view_campaign"))

    assert "/decision/" not in page_of(client, letter)


# --- The doubts ---


def doubt(letter, *, code=""):
    person = reader()
    row = letters.received(person, letter, NOW)
    row.state, row.code, row.claimed_at = DeliveryState.UNKNOWN, code, NOW
    row.save()
    Campaign.objects.filter(pk=letter.pk).update(unknown=letter.deliveries.count())
    return person


def test_doubts_are_listed_masked_with_their_reason(staff):
    letter = under_way(CampaignStatus.SENT, audience=2)
    first = doubt(letter)
    doubt(letter, code=NO_REPLY)

    page = page_of(staff, letter, "doubts")

    assert first.email not in page
    assert "l…@firme.example" in page
    assert page.count("<td>Arrêt du portail</td>") == 1
    assert page.count("<td>Relais muet</td>") == 1
    assert "2 remises à décider" in page


@pytest.mark.parametrize("number", [1, 60])
def test_list_of_doubts_costs_the_same_and_has_pages(staff, number):
    letter = under_way(CampaignStatus.SENT, audience=number)
    for _ in range(number):
        doubt(letter)
    page_of(staff, letter, "doubts")

    with CaptureQueriesContext(connection) as asked:
        page = page_of(staff, letter, "doubts")

    assert len(asked) == 5
    assert page.count("l…@") == min(number, 50)
    assert ("Page suivante" in page) is (number > 50)


def test_sending_again_must_be_ticked(staff):
    letter = under_way(CampaignStatus.SENT, audience=1)
    doubt(letter)
    path = reverse("admin:mailings_campaign_decide", args=[letter.pk, "renvoyer"])

    staff.post(path)
    assert Campaign.objects.get().doubts == ""
    staff.post(path, {"accepted": "on"})

    decided = Campaign.objects.get()
    assert (decided.doubts, decided.doubts_decided_by.email) == ("again", "agent@centre.example")


def test_doubts_wait_among_what_staff_has_to_do(agent):
    doubt(under_way(CampaignStatus.SENT, audience=1))
    under_way(CampaignStatus.PAUSED)

    queues = {str(queue.label): queue.count for queue in staff_tasks.waiting_for(agent)}

    assert queues["envois dont les remises incertaines sont à décider"] == 1
    assert queues["envois en cours ou en pause"] == 1
