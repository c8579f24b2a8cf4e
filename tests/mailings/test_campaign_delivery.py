"""Sending an envoi: nobody twice, nobody who left, and each outcome written down."""

import threading
import uuid
from collections import Counter
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from aiosmtpd.controller import Controller
from django.db import connection, transaction
from django.utils import timezone

from emn.lib.db import session_lock
from emn.mailings import letters as letters_of
from emn.mailings import links, segments, tokens
from emn.mailings.enums import (
    CampaignStatus,
    DeliveryState,
    ListKind,
    Priority,
    Skip,
    SubscriptionStatus,
)
from emn.mailings.list_relays import RelayUnavailable, SmtpRelay
from emn.mailings.models import Allowance, Campaign, Delivery, Subscription, Suppression
from emn.mailings.services import campaigns, delivery
from tests.directory.factories import UserFactory
from tests.mailings import letters
from tests.mailings.letters import NOW, mailing_list, reader, written
from tests.mailings.test_worker import free_port

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]


class Sink:
    """A relay that keeps the messages, and answers an address as the test says."""

    def __init__(self):
        self.answers, self.messages = {}, []

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802
        answer = self.answers.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802
        self.messages.append((envelope.mail_from, envelope.rcpt_tos[0], envelope.content))
        return "250 2.0.0 OK"

    @property
    def served(self):
        return Counter(recipient for _sender, recipient, _content in self.messages)

    def read(self, recipient):
        content = next(content for _, to, content in self.messages if to == recipient)
        return message_from_bytes(content, policy=policy.default)


@pytest.fixture
def sink(settings):
    handler = Sink()
    controller = Controller(handler, hostname="127.0.0.1", port=free_port())
    controller.start()
    settings.LIST_SMTP_HOST, settings.LIST_SMTP_PORT = "127.0.0.1", controller.port
    yield handler
    controller.stop()


@pytest.fixture(autouse=True)
def no_bells(monkeypatch):
    """The test runs what a worker would."""
    monkeypatch.setattr(delivery.tasks.run_campaign, "apply_async", lambda **_call: None)


def started(letter=None, *, now=NOW, **writing):
    letter = letter or written(**writing)
    letter.status, letter.scheduled_at = CampaignStatus.SCHEDULED, now
    letter.save()
    delivery.start_campaign(campaign_id=letter.pk, now=now)
    letter.refresh_from_db()
    return letter


def run(letter):
    given = delivery.run_campaign(campaign_id=letter.pk)
    letter.refresh_from_db()
    return given


def states(letter):
    return Counter(letter.deliveries.values_list("state", flat=True))


# --- The audience ---


def test_the_audience_is_who_is_confirmed_and_not_blocked_once_each():
    kept = reader()
    reader(status=SubscriptionStatus.PENDING)
    letters.block(reader())

    letter = started()

    rows = letter.deliveries.values_list("subscriber", "domain", "language", "state")
    assert list(rows) == [(kept.pk, "firme.example", "fr", DeliveryState.WAITING)]
    assert (letter.status, letter.audience) == (CampaignStatus.SENDING, 1)


def test_who_has_no_version_in_their_language_is_left_out():
    reader(language="de")
    reader(language="en")

    letter = started(languages=("fr", "en"))

    assert list(letter.deliveries.values_list("language", flat=True)) == ["en"]


def test_an_envoi_for_nobody_or_already_gone_does_not_start():
    with pytest.raises(delivery.NotStarted):
        started()
    reader()
    letter = started()
    with pytest.raises(delivery.NotStarted):
        delivery.start_campaign(campaign_id=letter.pk, now=NOW)
    assert letter.deliveries.count() == 1


# --- The message ---


def test_each_person_gets_one_message_with_their_own_links(sink):
    people = [reader(), reader(language="de", email="anna@haus.example")]

    letter = started(languages=("fr", "de"))
    assert run(letter) == 2

    assert sink.served == Counter({person.email: 1 for person in people})
    assert letter.status == CampaignStatus.SENT
    assert (letter.sent, letter.settled) == (2, 2)
    for person in people:
        message = sink.read(person.email)
        row = letter.deliveries.get(subscriber=person)
        token = tokens.make(tokens.LIST, person.pk, letter.list_id)
        prefix = "/de" if person.language == "de" else ""
        link = f"http://127.0.0.1:8000{prefix}/lettre/desinscription/{token}/"
        leave = f"<{links.one_click_url(token)}>, <mailto:stop+{token}@lettre.emn.example>"
        assert message["List-Unsubscribe"] == leave
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert message["To"] == person.email
        assert message["Content-Language"] == person.language
        assert message["Message-ID"] == f"<{tokens.make(tokens.RETURN, row.pk)}@lettre.emn.example>"
        assert link in message.get_body(("plain",)).get_content()
        assert link in message.get_body(("html",)).get_content()
        assert "@@" not in message.as_string()
        assert "zqx" not in message.as_string()


def test_the_return_path_names_the_delivery(sink):
    person = reader()
    letter = started()
    run(letter)

    ((sender, _recipient, _content),) = sink.messages

    token = sender.removeprefix("retour+").removesuffix("@lettre.emn.example")
    assert tokens.read(tokens.RETURN, token) == (letter.deliveries.get(subscriber=person).pk,)


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "numerique.moselle-attractive.example"])
def test_the_prepared_message_is_what_the_library_builds(settings, host):
    settings.PUBLIC_URL = f"http://{host}"
    person = reader(email="i.d.'o-neil+x@sub.firme.example", language="de")
    letter = started(languages=("de",), text="Grüße. " * 60)
    edition = letter.editions.select_related("campaign__list").get()
    row = letter.deliveries.get()

    spliced = letters_of.prepare(edition).of(
        letters_of.Person(person.email, person.pk, row.pk), date=NOW
    )

    built = letters_of.build(
        edition,
        {
            "to": person.email,
            "date": "Sun, 22 Nov 2026 10:00:00 +0100",
            "list": tokens.make(tokens.LIST, person.pk, letter.list_id),
            "preferences": tokens.make(tokens.PREFERENCES, person.pk),
            "reader": tokens.make(tokens.READER, person.pk),
            "voter": tokens.make(tokens.VOTER, person.pk),
            "return": tokens.make(tokens.RETURN, row.pk),
        },
    )
    expected = letters_of.as_written(built).replace(b"\n", b"\r\n")
    own, its = (message_from_bytes(whole).get_boundary() for whole in (expected, spliced))
    assert spliced.replace(b"\r\n..", b"\r\n.") == expected.replace(own.encode(), its.encode())
    token = tokens.make(tokens.LIST, person.pk, letter.list_id)
    link, address = f"<http://{host}/u/{token}>", f"<mailto:stop+{token}@lettre.emn.example>"
    assert f"\r\nList-Unsubscribe: {link},\r\n {address}\r\n".encode() in spliced


def test_no_line_of_the_headers_is_longer_than_recommended(settings):
    settings.PUBLIC_URL = "https://emn-57.example"  # the longest name that fits: 14 signs
    reader()
    letter = started()
    delivery_of = letter.deliveries.get()
    edition = letter.editions.select_related("campaign__list").get()

    content = letters_of.prepare(edition).of(
        letters_of.Person("lea@boulangerie.example", 2**48 - 1, delivery_of.pk), date=NOW
    )

    head = content.partition(b"\r\n\r\n")[0].split(b"\r\n")
    assert (
        max(map(len, head)) == len(b"List-Unsubscribe: <https://emn-57.example/u/") + 32 + 2 == 78
    )


# --- At the moment of sending (R3.10) ---


def test_who_leaves_or_is_blocked_meanwhile_gets_nothing(sink):
    gone, blocked, erased, stays = reader(), reader(), reader(), reader()
    letter = started()
    Subscription.objects.filter(subscriber=gone).update(
        status=SubscriptionStatus.ENDED, ended_at=NOW
    )
    letters.block(blocked)
    erased.delete()

    run(letter)

    assert sink.served == Counter([stays.email])
    reasons = Counter(letter.deliveries.values_list("skip_reason", flat=True))
    assert reasons == Counter({Skip.UNSUBSCRIBED: 2, Skip.SUPPRESSED: 1, "": 1})
    assert (letter.sent, letter.skipped, letter.status) == (1, 3, CampaignStatus.SENT)


def test_nobody_gets_more_than_two_envois_a_month(sink):
    tired, fresh = reader(), reader()
    now = timezone.now()
    for title in ("un", "deux"):
        letters.received(tired, letters.campaign(title=title), now)

    run(started())

    assert sink.served == Counter([fresh.email])


def test_two_envois_at_once_do_not_both_take_the_last_place_of_the_month(sink):
    person = reader()
    letters.received(person, letters.campaign(title="un"), timezone.now())
    both = [started(written(letters.campaign(title=title))) for title in ("deux", "trois")]

    first = delivery._claim(
        campaign_id=both[0].pk, run=uuid.uuid4(), after=None, now=timezone.now()
    )
    run(both[1])

    assert len(first.people) == 1
    row = both[1].deliveries.get()
    assert (row.state, sink.messages) == (DeliveryState.WAITING, [])
    assert row.next_attempt_at > timezone.now()

    # The first is given: the second has no place. Had it not been, the place would be free.
    both[0].deliveries.update(state=DeliveryState.SENT, claim=None, settled_at=timezone.now())
    both[1].deliveries.update(next_attempt_at=NOW)
    run(both[1])
    assert both[1].deliveries.get().skip_reason == Skip.PRESSURE


def test_what_may_have_arrived_counts_against_the_place_of_the_month(sink):
    person = reader()
    for title in ("un", "deux"):
        letters.received(person, letters.campaign(title=title), timezone.now())
    Delivery.objects.update(state=DeliveryState.UNKNOWN)

    run(started())

    assert sink.messages == []


@pytest.mark.parametrize(
    ("had", "rival", "served"),
    [
        (1, {}, False),  # the last place is kept
        (0, {}, True),  # there are two
        (1, {"priority": Priority.NORMAL}, True),  # no more important than this one
        (1, {"status": CampaignStatus.DRAFT, "scheduled_at": None}, True),  # nobody knows when
        (1, {"segment": {"language": ["de"]}}, True),  # for others
        (1, {"segment": {"gone": ["x"]}}, True),  # cannot leave
    ],
)
def test_the_last_place_of_the_month_is_kept_for_what_matters_more(sink, had, rival, served):
    person, now = reader(), timezone.now()
    for title in range(had):
        letters.received(person, letters.campaign(title=str(title)), now)
    values = {"priority": Priority.HIGH, "status": CampaignStatus.SCHEDULED, "scheduled_at": now}
    Campaign.objects.filter(pk=written(letters.campaign(title="important")).pk).update(
        **values | rival
    )

    letter = started()
    audience = segments.count_audience(letter, now=now)
    run(letter)

    assert sink.served == (Counter([person.email]) if served else Counter())
    if not served:
        assert letter.deliveries.get().skip_reason == Skip.RESERVED
    assert audience.receiving == int(served)
    assert audience.left_out[Skip.RESERVED] == int(not served)


def test_next_month_keeps_no_place(sink):
    person, now = reader(), timezone.now()
    letters.received(person, letters.campaign(title="un"), now)
    important = written(letters.campaign(title="important", priority=Priority.HIGH))
    important.status, important.scheduled_at = CampaignStatus.SCHEDULED, now + timedelta(days=32)
    important.save()

    run(started())

    assert sink.served == Counter([person.email])


def test_an_envoi_under_way_keeps_the_place_of_whom_it_has_still_to_write_to(sink):
    person, now = reader(), timezone.now()
    letters.received(person, letters.campaign(title="un"), now)
    important = started(written(letters.campaign(title="important", priority=Priority.HIGH)))

    letter = started()
    run(letter)
    assert letter.deliveries.get().skip_reason == Skip.RESERVED

    run(important)
    assert sink.served == Counter([person.email])


def test_one_survey_a_quarter_and_the_more_important_one(sink):
    surveys = mailing_list("enquetes", kind=ListKind.SURVEY)
    reader(surveys)
    important = written(letters.campaign(surveys, title="important", priority=Priority.HIGH))
    important.status, important.scheduled_at = CampaignStatus.SCHEDULED, timezone.now()
    important.save()

    run(started(written(letters.campaign(surveys))))

    assert sink.messages == []


def test_one_survey_a_quarter(sink):
    surveys = mailing_list("enquetes", kind=ListKind.SURVEY)
    person = reader(surveys)
    letters.received(person, letters.campaign(surveys, title="un"), timezone.now())

    run(started(written(letters.campaign(surveys))))

    assert sink.messages == []


# --- What the relay answers ---


def test_a_refusal_is_final_and_counted(sink):
    refused, stays = reader(), reader()
    sink.answers[refused.email] = "550 5.1.1 unknown"

    letter = started()
    run(letter)

    row = letter.deliveries.get(subscriber=refused)
    assert (row.state, row.code) == (DeliveryState.REFUSED, "5.1.1")
    assert sink.served == Counter([stays.email])
    assert (letter.refused, letter.sent) == (1, 1)
    assert Suppression.objects.active().get().mailbox_hash == refused.mailbox_hash


def test_a_greylisted_address_is_tried_again_later(sink):
    person = reader()
    sink.answers[person.email] = "451 4.7.1 greylisted"
    letter = started()
    run(letter)

    row = letter.deliveries.get()
    assert (row.state, row.attempts, row.code) == (DeliveryState.WAITING, 1, "4.7.1")
    assert timedelta(minutes=4) < row.next_attempt_at - timezone.now() < timedelta(minutes=6)
    assert letter.status == CampaignStatus.SENDING

    sink.answers.clear()
    letter.deliveries.update(next_attempt_at=NOW)
    run(letter)
    assert sink.served == Counter([person.email])
    assert letter.status == CampaignStatus.SENT


def test_patience_ends_after_some_attempts(sink):
    person = reader()
    sink.answers[person.email] = "451 4.7.1 greylisted"
    letter = started()
    letter.deliveries.update(attempts=delivery.MOST_ATTEMPTS - 1)

    run(letter)

    assert letter.deliveries.get().state == DeliveryState.REFUSED
    assert letter.status == CampaignStatus.SENT


def test_a_relay_that_refuses_us_charges_nobody_and_staff_is_told(sink, monkeypatch):
    for _n in range(3):
        reader()
    letter = started()

    def refuse(*_args):
        raise RelayUnavailable("MAIL 5.7.0")

    with monkeypatch.context() as patch:
        patch.setattr(SmtpRelay, "give", refuse)
        assert run(letter) == 0

    rows = set(letter.deliveries.values_list("state", "attempts"))
    assert (rows, letter.relay_trouble) == ({(DeliveryState.WAITING, 0)}, "MAIL 5.7.0")

    run(letter)
    assert (letter.sent, letter.relay_trouble) == (3, "")


def test_whatever_breaks_while_a_message_is_given_leaves_a_doubt(sink, monkeypatch):
    reader()
    letter = started()

    def breaks(*_args):
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(SmtpRelay, "give", breaks)
        with pytest.raises(ZeroDivisionError):
            delivery.run_campaign(campaign_id=letter.pk)

    assert states(letter) == Counter({DeliveryState.UNKNOWN: 1})


def test_a_consequence_that_breaks_undoes_no_answer(sink, monkeypatch):
    refused, stays = reader(), reader()
    sink.answers[refused.email] = "550 5.1.1 unknown"

    def breaks(**_values):
        raise ZeroDivisionError

    monkeypatch.setattr(delivery.returns, "record_smtp_refusal", breaks)
    letter = started()
    run(letter)

    assert states(letter) == Counter({DeliveryState.REFUSED: 1, DeliveryState.SENT: 1})
    assert sink.served == Counter([stays.email])


def test_too_many_refusals_of_any_kind_pause_the_envoi(sink, monkeypatch):
    monkeypatch.setattr(delivery, "WATCHED", 20)
    for _n in range(5):
        sink.answers[reader().email] = "554 5.7.1 listed"

    letter = started()
    run(letter)

    assert (letter.status, letter.refused) == (CampaignStatus.PAUSED, 5)
    assert "5 messages ont été refusés" in letter.stopped_reason


def test_without_relay_everything_waits(settings):
    settings.LIST_SMTP_HOST, settings.LIST_SMTP_PORT = "127.0.0.1", 1
    reader()
    letter = started()

    assert run(letter) == 0

    row = letter.deliveries.get()
    assert (row.state, row.attempts, letter.status) == (
        DeliveryState.WAITING,
        0,
        CampaignStatus.SENDING,
    )


# --- Stopping ---


def test_a_paused_envoi_sends_nothing_more(sink):
    reader()
    letter = started()
    letter.status = CampaignStatus.PAUSED
    letter.save()

    assert run(letter) == 0
    assert states(letter) == Counter({DeliveryState.WAITING: 1})


def test_too_many_unknown_addresses_pause_the_envoi_until_staff_decides(sink, monkeypatch):
    monkeypatch.setattr(delivery, "BATCH", 20)
    people = [reader() for _ in range(40)]
    for person in people:
        sink.answers[person.email] = "550 5.1.1 unknown"

    letter = started()
    run(letter)

    assert (letter.status, letter.refused) == (CampaignStatus.PAUSED, 20)
    assert letter.stopped_reason == (
        "20 adresses n’existent pas, pour 20 messages remis\N{NO-BREAK SPACE}: "
        "la règle en admet 10 (2\N{NO-BREAK SPACE}% de 500 messages)."
    )
    assert letter.is_stopped_by_rule
    campaigns.resume_campaign(campaign_id=letter.pk, by_id=UserFactory().pk)
    run(letter)
    assert (letter.status, letter.refused) == (CampaignStatus.SENT, 40)


# --- Crashes and crowds ---


def test_what_a_dead_run_had_taken_is_unknown_and_never_sent_again(sink):
    reader()
    letter = started()
    dead = uuid.uuid4()
    delivery._claim(campaign_id=letter.pk, run=dead, after=None, now=timezone.now())

    delivery.sweep_campaigns(now=timezone.now())
    run(letter)

    assert states(letter) == Counter({DeliveryState.UNKNOWN: 1})
    assert (letter.unknown, letter.status, sink.messages) == (1, CampaignStatus.SENT, [])


@pytest.mark.django_db(transaction=True)
def test_a_living_run_keeps_what_it_has_taken():
    reader()
    letter = started()
    alive = uuid.uuid4()
    delivery._claim(campaign_id=letter.pk, run=alive, after=None, now=timezone.now())

    in_another_session(
        lambda: delivery.settle_doubts(run=alive, now=timezone.now()),
        holding=delivery._run_lock(alive),
    )

    assert states(letter) == Counter({DeliveryState.SENDING: 1})


def in_another_session(act, *, holding):
    """Hold a lock here while the act runs on a connection of its own."""

    def elsewhere():
        try:
            act()
        finally:
            connection.close()

    with session_lock(holding):
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()


@pytest.mark.django_db(transaction=True)
def test_a_run_without_a_free_place_leaves_at_once(sink, settings):
    settings.LIST_CONNECTIONS = 1
    reader()
    letter = started()
    found = []

    in_another_session(
        lambda: found.append(delivery.run_campaign(campaign_id=letter.pk)),
        holding="mailings.connection.0",
    )

    assert found == [0]
    assert states(letter) == Counter({DeliveryState.WAITING: 1})


@pytest.mark.django_db(transaction=True)
def test_runs_at_once_give_each_person_one_copy(sink, monkeypatch):

    monkeypatch.setattr(delivery, "BATCH", 5)
    people = [reader() for _ in range(60)]
    letter = started()

    def work():
        try:
            delivery.run_campaign(campaign_id=letter.pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    letter.refresh_from_db()
    assert sink.served == Counter(person.email for person in people)
    assert (letter.sent, letter.status) == (60, CampaignStatus.SENT)


# --- Rates ---


def test_a_domain_that_wants_patience_gets_it(sink, settings):
    settings.LIST_DOMAIN_RATES = {"lent.example": 1}
    for number in range(5):
        reader(email=f"l{number}@lent.example")
    quick = reader()

    letter = started()
    run(letter)

    domains = Counter(address.partition("@")[2] for address in sink.served)
    assert domains["firme.example"] == sink.served[quick.email] == 1
    assert domains["lent.example"] <= 3
    assert Allowance.objects.get().key == "lent.example"


def test_a_run_waits_for_the_relays_allowance_and_goes_on(sink, settings, monkeypatch):
    settings.LIST_RATE = 1  # two at once, then one a second
    for _person in range(3):
        reader()
    letter = started()
    waits = []

    def an_hour_passes(seconds):
        waits.append(seconds)
        Allowance.objects.update(left=2)

    monkeypatch.setattr(delivery.time, "sleep", an_hour_passes)

    assert run(letter) == 3

    assert len(waits) == 1
    assert (len(sink.messages), letter.status) == (3, CampaignStatus.SENT)


def test_an_allowance_fills_with_time_and_never_beyond_its_burst():
    take = delivery.allowances.take
    later = NOW + timedelta(hours=1)

    with transaction.atomic():
        assert take("relay", rate=10, wanted=100, now=NOW) == 20
        assert take("relay", rate=10, wanted=100, now=NOW) == 0
        assert take("relay", rate=10, wanted=100, now=NOW + timedelta(seconds=1)) == 10
        assert take("relay", rate=10, wanted=5, now=later) == 5
        assert take("relay", rate=10, wanted=100, now=later) == 15
        assert take("relay", rate=0, wanted=100, now=later) == 100


def test_a_delivery_is_one_a_person_whatever_is_asked():
    reader()
    letter = started()
    row = Delivery.objects.get()

    assert delivery._freeze_audience(letter, now=NOW) == 0
    assert list(Delivery.objects.all()) == [row]
