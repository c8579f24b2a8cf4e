"""What follows from a return: blocked, unsubscribed, counted, filed; and never for a forged one."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from emn.accounts import services as accounts
from emn.mailings import letters, tokens
from emn.mailings.enums import IncidentKind, IncidentSource, SubscriptionStatus
from emn.mailings.models import (
    ConsentRecord,
    Delivery,
    MailIncident,
    OutboundEmail,
    Subscription,
    Suppression,
)
from emn.mailings.services import mailboxes
from emn.mailings.services import returns as services
from tests.mailings.conftest import queue
from tests.mailings.letters import NOW, campaign, mailing_list, reader, received, subscribe
from tests.mailings.returns.corpus import (
    CASES,
    ENVELOPE,
    LIST_TOKEN,
    TOKEN,
    feedback,
    plain,
    postfix,
)

pytestmark = pytest.mark.django_db
HARD, SOFT = ("5.1.1", "550 5.1.1 User unknown"), ("5.2.2", "552 5.2.2 Mailbox full")


def addressed(message, delivery):
    """Give a message of the corpus the secret of a delivery."""
    return message.replace(TOKEN, letters.return_token(delivery.pk)).encode()


def record(raw, now=NOW):
    return services.record_return(raw=raw, source=IncidentSource.MAILBOX, now=now)


def sent(person=None, at=NOW):
    return received(person or reader(), campaign(), at)


def blocks():
    return list(Suppression.objects.active().values_list("mailbox_hash", "reason", "status_code"))


def test_hard_return_blocks_the_mailbox_and_leaves_the_delivery_as_it_was():
    delivery = sent()

    incident = record(addressed(postfix(*HARD), delivery))

    assert (incident.kind, incident.campaign_id) == (IncidentKind.HARD, delivery.campaign_id)
    assert (incident.mailbox_hash, incident.raw) == (delivery.mailbox_hash, None)
    assert blocks() == [(delivery.mailbox_hash, "hard", "5.1.1")]
    assert Delivery.objects.get().state == delivery.state


def test_same_return_counts_once():
    raw = addressed(postfix(*HARD), sent())

    assert record(raw) == record(raw)
    assert MailIncident.objects.count() == 1


@pytest.mark.parametrize(
    "change", [lambda token: TOKEN, lambda token: token[:-1] + "a7"[token[-1] == "a"]]
)
def test_forged_return_blocks_nobody(change):
    delivery = sent()
    forged = change(letters.return_token(delivery.pk))
    message = postfix(*HARD).replace(TOKEN, forged)
    message = message.replace("camille@firm.example", delivery.subscriber.email)

    incident = record(message.encode())

    assert (incident.kind, incident.mailbox_hash, blocks()) == (IncidentKind.HARD, "", [])


def service_message(email, recipient, said=HARD):
    message = postfix(*said).replace(ENVELOPE, "contact@emn.example")
    message = message.replace(f"<{TOKEN}@lettre.emn.example>", email.message_id)
    return message.replace("camille@firm.example", recipient).encode()


def test_service_message_is_believed_with_its_message_id_and_its_recipient():
    record(service_message(queue(to="alice@firm.example"), "alice@firm.example"))

    assert blocks() == [(OutboundEmail.objects.get().mailbox_hash, "hard", "5.1.1")]


def test_service_message_is_believed_when_its_recipient_stands_among_other_addresses():
    email = queue(to="alice@firm.example")
    words = "For help, contact <postmaster@mx.example>.\n\nbob@firm.example, alice@firm.example\n"
    copy = f"Message-ID: {email.message_id}\n"

    record(plain(f"{words}550 5.1.1 User unknown\n\n{copy}", to="contact@emn.example").encode())

    assert blocks() == [(email.mailbox_hash, "hard", "5.1.1")]


def test_service_message_returned_for_another_recipient_blocks_nobody():
    record(service_message(queue(to="alice@firm.example"), "bob@firm.example"))

    assert blocks() == []


def test_complaint_ends_every_list_with_its_proof_and_blocks():
    person = reader()
    subscribe(person, mailing_list("agenda"))

    record(addressed(feedback("abuse"), sent(person)))

    assert set(Subscription.objects.values_list("status", flat=True)) == {SubscriptionStatus.ENDED}
    proofs = ConsentRecord.objects.order_by("list__code").values_list("list__code", "act", "method")
    assert list(proofs) == [
        ("agenda", "withdrawn", "complaint"),
        ("lettre", "withdrawn", "complaint"),
    ]
    assert blocks() == [(person.mailbox_hash, "complaint", "")]


def test_complaint_replaces_a_block_by_bounces_but_not_an_objection():
    person = reader()
    delivery = sent(person)
    block = Suppression.objects.create(
        mailbox_hash=person.mailbox_hash, reason="objection", created_at=NOW
    )

    record(addressed(feedback("abuse"), delivery))
    assert blocks() == [(person.mailbox_hash, "objection", "")]

    Suppression.objects.filter(pk=block.pk).update(reason="hard", status_code="5.1.1")
    record(addressed(feedback("Abuse"), delivery))
    assert blocks() == [(person.mailbox_hash, "complaint", "")]


@pytest.mark.parametrize("name", ["leave/subject-0", "arf/opt-out"])
def test_leaving_by_mail_ends_the_list_of_the_letter_only(name):
    person = reader()
    subscribe(person, mailing_list("agenda"))

    record(addressed(CASES[name][0], sent(person)))

    alive = Subscription.objects.confirmed().values_list("list__code", flat=True)
    assert (list(alive), blocks()) == (["agenda"], [])


def test_mail_to_the_address_of_list_unsubscribe_leaves_that_list():
    person = reader()
    subscribe(person, mailing_list("agenda"))
    token = tokens.make(tokens.LIST, person.pk, mailing_list("agenda").pk)

    record(CASES["leave/address"][0].replace(LIST_TOKEN, token).encode())

    alive = Subscription.objects.confirmed().values_list("list__code", flat=True)
    assert list(alive) == ["lettre"]


@pytest.mark.parametrize("name", ["leave/address", "leave/subject-0", "arf/abuse"])
def test_wish_of_an_unknown_person_waits_for_staff(name):
    incident = record(CASES[name][0].encode())

    assert incident.kind == IncidentKind.UNREADABLE
    assert bytes(incident.raw) == CASES[name][0].encode()


@pytest.mark.parametrize(
    "name", ["postfix/spamhaus", "dsn/delayed", "reply/subject-0", "dsn/delivered"]
)
def test_what_is_no_fault_of_the_mailbox_blocks_nobody(name):
    delivery = sent()

    incident = record(addressed(CASES[name][0], delivery))

    assert (incident.mailbox_hash, blocks()) == (delivery.mailbox_hash, [])
    assert Subscription.objects.confirmed().count() == 1


def fail(person, *days):
    for day in days:
        at = NOW + timedelta(days=day)
        record(addressed(postfix(*SOFT), sent(person, at)), at)


@pytest.mark.parametrize(
    ("days", "blocked"),
    [((0, 7), False), ((0, 20), False), ((0, 7, 14), False), ((0, 7, 15), True)],
)
def test_three_failures_over_fifteen_days_block(days, blocked):
    fail(reader(), *days)

    assert [reason for _box, reason, _code in blocks()] == ["soft"] * blocked


def test_three_returns_of_one_envoi_are_one_failure():
    delivery = sent()
    for day in (0, 7, 15):
        raw = addressed(postfix(*SOFT), delivery) + f"{day}".encode()
        record(raw, NOW + timedelta(days=day))

    assert (MailIncident.objects.count(), blocks()) == (3, [])


def test_letter_that_arrived_between_starts_the_count_again():
    person = reader()
    fail(person, 0, 7)
    sent(person, NOW + timedelta(days=8))

    fail(person, 15)

    assert blocks() == []


def test_freed_mailbox_starts_the_count_again():
    person = reader()
    fail(person, 0, 7, 15)
    block = Suppression.objects.get()
    services.free_mailbox(suppression_id=block.pk, by_id=1, now=NOW + timedelta(days=16))

    fail(person, 22)

    assert blocks() == []


@pytest.mark.parametrize(
    ("code", "kind"), [("5.1.1", "hard"), ("5.7.1", "policy"), ("5.2.2", "soft"), ("", "soft")]
)
def test_refusal_during_smtp_has_the_same_effects_and_counts_once(code, kind):
    delivery = sent()
    with transaction.atomic():
        services.record_smtp_refusal(delivery=delivery, enhanced_code=code, now=NOW)
        services.record_smtp_refusal(delivery=delivery, enhanced_code=code, now=NOW)

    assert MailIncident.objects.get().kind == kind
    assert len(blocks()) == (kind == "hard")


def test_rates_count_a_mailbox_once_whatever_came_back():
    letter = campaign(sent=9, refused=1)
    delivery, other = received(reader(), letter, NOW), received(reader(), letter, NOW)
    for extra in (b"", b"again"):
        record(addressed(postfix(*HARD), delivery) + extra)
    record(addressed(feedback("abuse"), other))

    assert services.return_rates(letter) == (1, 1, 10)


def test_staff_files_what_nobody_could_read_and_its_text_goes():
    delivery = sent()
    incident = record(addressed(CASES["words/nothing"][0], delivery))
    assert (incident.kind, blocks()) == (IncidentKind.UNREADABLE, [])

    filed = services.file_return(incident_id=incident.pk, kind=IncidentKind.HARD, by_id=1, now=NOW)

    assert (filed.kind, filed.handled_at, filed.raw) == (IncidentKind.HARD, NOW, None)
    assert [reason for _box, reason, _code in blocks()] == ["hard"]
    with pytest.raises(services.ReturnRefused, match="déjà classé"):
        services.file_return(incident_id=incident.pk, kind=IncidentKind.SOFT, by_id=1, now=NOW)


def test_filing_needs_a_kind():
    incident = record(b"bonjour")

    with pytest.raises(services.ReturnRefused, match="Choisissez"):
        services.file_return(
            incident_id=incident.pk, kind=IncidentKind.UNREADABLE, by_id=1, now=NOW
        )


@pytest.mark.parametrize(
    "kind", [IncidentKind.HARD, IncidentKind.COMPLAINT, IncidentKind.UNSUBSCRIBE]
)
def test_wish_of_nobody_known_is_not_filed_as_if_it_were_obeyed(kind):
    incident = record(b"Ne m'ecrivez plus jamais. Zoe")

    with pytest.raises(services.ReturnRefused, match="ne sait pas de qui"):
        services.file_return(incident_id=incident.pk, kind=kind, by_id=1, now=NOW)

    incident.refresh_from_db()
    assert (bytes(incident.raw), incident.handled_at) == (b"Ne m'ecrivez plus jamais. Zoe", None)


def test_staff_blocks_and_frees_an_address():
    blocked = services.block_mailbox(address="Zoe+x@firm.example", by_id=1, now=NOW)
    with pytest.raises(services.ReturnRefused, match="déjà bloquée"):
        services.block_mailbox(address="zoe@firm.example", by_id=1, now=NOW)

    services.free_mailbox(suppression_id=blocked.pk, by_id=1, now=NOW)

    assert blocks() == []
    with pytest.raises(services.ReturnRefused, match="plus bloquée"):
        services.free_mailbox(suppression_id=blocked.pk, by_id=1, now=NOW)


@pytest.mark.parametrize("reason", ["complaint", "objection"])
def test_wish_of_a_person_is_undone_only_when_it_asks(reason):
    person = reader()
    block = Suppression.objects.create(
        mailbox_hash=person.mailbox_hash, reason=reason, created_at=NOW
    )
    with pytest.raises(services.ReturnRefused, match="elle seule"):
        services.free_mailbox(suppression_id=block.pk, by_id=1, now=NOW)

    Suppression.objects.filter(pk=block.pk).update(review_asked_at=NOW)
    later = NOW + timedelta(days=1)
    freed = services.free_mailbox(suppression_id=block.pk, by_id=1, now=later)

    assert (freed.review_asked_at, freed.lifted_at) == (NOW, later)


@pytest.mark.django_db(transaction=True)
def test_one_return_read_by_eight_at_once_counts_once():
    raw = addressed(postfix(*HARD), sent())

    def attempt(_number):
        try:
            return record(raw).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(attempt, range(8)))) == 1
    assert (MailIncident.objects.count(), len(blocks())) == (1, 1)


# --- The mailbox of returns ---


@pytest.mark.parametrize("name", ["folder", "pipe", "link", "broken link"])
def test_what_is_no_message_stops_nobody(maildir, name):
    place = maildir / "new" / "0"
    match name:
        case "folder":
            place.mkdir()
        case "pipe":
            os.mkfifo(place)
        case "link":
            place.symlink_to("/etc/passwd")
        case "broken link":
            place.symlink_to(maildir / "nowhere")
    (maildir / "new" / "1").write_bytes(b"bonjour")

    assert len(list(mailboxes.process_maildir(maildir))) == 1


def test_marking_keeps_the_other_flags(maildir):
    (maildir / "cur" / "1:2,F").write_bytes(b"bonjour")

    list(mailboxes.process_maildir(maildir))

    assert [path.name for path in (maildir / "cur").iterdir()] == ["1:2,FS"]


@pytest.fixture
def maildir(tmp_path):
    for name in ("new", "cur", "tmp"):
        (tmp_path / name).mkdir()
    return tmp_path


def test_maildir_is_read_once_and_marked(maildir, capsys):
    (maildir / "new" / "1").write_bytes(addressed(postfix(*HARD), sent()))
    (maildir / "cur" / "2:2,S").write_bytes(b"seen")
    (maildir / "cur" / "3:2,").write_bytes(b"bonjour")

    call_command("process_bounces", "--maildir", str(maildir))
    assert capsys.readouterr().out == "hard\u00a0: 1\nunreadable\u00a0: 1\nMessages lus\u00a0: 2\n"
    call_command("process_bounces", "--maildir", str(maildir))

    assert capsys.readouterr().out == "Messages lus\u00a0: 0\n"
    assert sorted(path.name for path in (maildir / "cur").iterdir()) == ["1:2,S", "2:2,S", "3:2,S"]


def test_message_stays_new_when_the_process_dies_before_the_mark(maildir, monkeypatch):
    (maildir / "new" / "1").write_bytes(addressed(postfix(*HARD), sent()))

    def die(*_places):
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(Path, "rename", die)
        with pytest.raises(KeyboardInterrupt):
            list(mailboxes.process_maildir(maildir))
    assert MailIncident.objects.count() == 1
    assert [path.name for path in (maildir / "new").iterdir()] == ["1"]
    assert len(list(mailboxes.process_maildir(maildir))) == 1
    assert MailIncident.objects.count() == 1


def test_mbox_and_files_are_read(tmp_path, capsys):
    raw = addressed(postfix(*HARD), sent())
    box, file = tmp_path / "box", tmp_path / "one.eml"
    box.write_bytes(b"From x Sun Nov 22 09:00:00 2026\n" + raw + b"\n")
    file.write_bytes(CASES["person/question"][0].encode())

    call_command("process_bounces", "--mbox", str(box))
    call_command("process_bounces", str(file))

    assert "hard\u00a0: 1" in capsys.readouterr().out
    assert MailIncident.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_processes_empty_a_maildir_together(maildir):
    raw = postfix(*HARD)
    for number in range(300):
        (maildir / "new" / f"{number:05}").write_text(raw.replace("Undelivered", f"U{number}"))
    database = connection.settings_dict["NAME"]
    code = (
        "import django; django.setup(); from django.db import connection as c; "
        f"c.settings_dict['NAME'] = {database!r}; from django.core.management import call_command; "
        f"call_command('process_bounces', '--maildir', {str(maildir)!r})"
    )

    def run(_number):
        command = [sys.executable, "-c", code]
        return subprocess.run(command, env=os.environ, check=True, capture_output=True, text=True)

    with ThreadPoolExecutor(2) as pool:
        said = [process.stdout for process in pool.map(run, range(2))]

    read = [int(words.rpartition(" ")[2]) for words in said]
    assert sum(read) == 300  # none is read twice
    assert MailIncident.objects.count() == 300
    assert len(list((maildir / "cur").iterdir())) == 300


def test_text_that_a_person_had_to_read_goes_after_its_period_and_the_fact_stays():
    record(b"bonjour", NOW - timedelta(days=91))
    record(b"bonsoir", NOW - timedelta(days=89))

    accounts.purge_personal_data(now=NOW, write=True)

    rows = MailIncident.objects.order_by("received_at").values_list("kind", "raw")
    assert [(kind, raw is None) for kind, raw in rows] == [
        ("unreadable", True),
        ("unreadable", False),
    ]
