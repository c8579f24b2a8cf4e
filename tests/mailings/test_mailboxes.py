"""The mailbox of returns over IMAP: nothing lost, nothing twice, whatever breaks and when."""

import logging
import ssl
import threading

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection

from emn.mailings import mailbox_address
from emn.mailings.enums import IncidentKind
from emn.mailings.imap import MailboxUnavailable
from emn.mailings.mailbox_address import Imap, Maildir, Mbox, parse
from emn.mailings.models import MailIncident, Suppression
from emn.mailings.services import mailboxes
from tests.mailings.imap_server import PASSWORD, USER, ImapServer, certificate
from tests.mailings.returns.corpus import CASES, postfix
from tests.mailings.test_returns import HARD, addressed, sent

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def pems(tmp_path_factory):
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def serve(pems, monkeypatch):
    """Start servers whose certificate is trusted; stop them at the end."""
    monkeypatch.setenv("SSL_CERT_FILE", str(pems[0]))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(*pems)
    servers = []

    def start(*raws, **options):
        server = ImapServer(tls, **options).start()
        server.put(*raws)
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def at(server, **changes):
    values = {"host": "127.0.0.1", "port": server.port, "user": USER, "password": PASSWORD}
    return Imap(**values | {"folder": "INBOX", "is_tls": server.is_tls} | changes)


def numbered(count):
    return [postfix(*HARD).replace("Undelivered", f"U{n}").encode() for n in range(count)]


def marked(server):
    return {uid for uid, marks in server.marks.items() if marks & {"EmnRead", "\\Seen"}}


@pytest.mark.parametrize("is_tls", [True, False])
@pytest.mark.parametrize("plain", [True, False])
def test_imap_is_read_once_under_tls_and_marked(serve, is_tls, plain):
    delivery = sent()
    server = serve(addressed(postfix(*HARD), delivery), b"bonjour\r\n", is_tls=is_tls, plain=plain)

    kinds = [incident.kind for incident in mailboxes.process_imap(at(server))]
    again = list(mailboxes.process_imap(at(server)))

    assert (kinds, again) == ([IncidentKind.HARD, IncidentKind.UNREADABLE], [])
    assert server.marks == {101: {"EmnRead"}, 102: {"EmnRead"}}
    assert Suppression.objects.get().mailbox_hash == delivery.mailbox_hash


def test_message_that_an_agent_opened_is_read_all_the_same(serve):
    server = serve(*numbered(1))
    server.marks[101] = {"\\Seen"}

    assert len(list(mailboxes.process_imap(at(server)))) == 1


def test_server_without_keywords_gets_the_flag(serve):
    server = serve(*numbered(2), keywords=False)

    assert len(list(mailboxes.process_imap(at(server)))) == 2
    assert (marked(server), list(mailboxes.process_imap(at(server)))) == ({101, 102}, [])


def test_mark_follows_the_commit_and_a_death_between_loses_and_doubles_nothing(serve):
    server = serve(*numbered(3))
    server.breaks_on = {("STORE", "102")}
    reading = mailboxes.process_imap(at(server))
    next(reading)
    assert (marked(server), MailIncident.objects.count()) == ({101}, 1)
    reading.close()

    assert len(list(mailboxes.process_imap(at(server)))) == 1  # 103: the break was on 102
    assert (marked(server), MailIncident.objects.count()) == ({101, 103}, 3)
    assert len(list(mailboxes.process_imap(at(server)))) == 1
    assert (marked(server), MailIncident.objects.count()) == ({101, 102, 103}, 3)


def test_message_on_which_the_server_dies_does_not_stop_the_others(serve):
    server = serve(*numbered(3))
    server.breaks_on = {("FETCH", "101")}

    assert len(list(mailboxes.process_imap(at(server)))) == 2
    assert marked(server) == {102, 103}


def test_server_that_always_dies_is_left_until_the_next_time(serve):
    server = serve(*numbered(5))
    server.breaks_on = {("FETCH", str(uid)) for uid in range(101, 106)}

    with pytest.raises(MailboxUnavailable):
        list(mailboxes.process_imap(at(server)))

    assert server.connections == mailboxes.MOST_BREAKS


def test_message_that_is_gone_or_refused_does_not_stop_the_others(serve):
    server = serve(*numbered(3))
    server.refuses = {101}

    assert len(list(mailboxes.process_imap(at(server)))) == 2


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"bonjour",
        b"\x00" * 5_000,
        b"Message-ID: <a\x00b@x>\nSubject: failure notice\n\n550 5.1.1 <a\x00@x.example>\n",
        b"In-Reply-To: <\xff\x00@x>\nX-Failed-Recipients: \x00@x.example\n\nno such user",
        postfix(*HARD).encode() + b"x" * 3_000_000,
    ],
)
def test_hostile_message_is_recorded_and_the_rest_follows(serve, raw):
    server = serve(raw, *numbered(1))

    assert len(list(mailboxes.process_imap(at(server)))) == 2
    assert marked(server) == {101, 102}


def test_head_of_a_huge_message_is_all_that_is_asked(serve):
    server = serve(postfix(*HARD).encode() + b"x" * 3_000_000)

    assert [row.kind for row in mailboxes.process_imap(at(server))] == [IncidentKind.HARD]
    assert "FETCH 101 (BODY.PEEK[]<0.256000>)" in server.log


def test_message_that_cannot_be_recorded_is_kept_for_a_person(serve, monkeypatch):
    def fail(raw):
        raise ValueError(len(raw))

    monkeypatch.setattr("emn.mailings.services.returns.read", fail)
    raw = numbered(1)[0]

    incident = mailboxes.process(raw)

    assert (incident.kind, bytes(incident.raw)) == (IncidentKind.UNREADABLE, raw)


def test_database_that_is_away_marks_nothing(serve, monkeypatch):
    def fail(**_values):
        raise OperationalError

    monkeypatch.setattr(mailboxes, "record_return", fail)
    server = serve(*numbered(1))

    with pytest.raises(OperationalError):
        list(mailboxes.process_imap(at(server)))

    assert marked(server) == set()


def test_same_notice_by_imap_and_by_file_counts_once(serve):
    raw = numbered(1)[0]
    server = serve(raw.replace(b"\n", b"\r\n"))

    mailboxes.process(raw)
    list(mailboxes.process_imap(at(server)))

    assert MailIncident.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_readers_of_one_server_are_one(serve):
    server = serve(*numbered(3))
    reading = mailboxes.process_imap(at(server))
    next(reading)
    found = []

    def attempt():
        try:
            found.extend(mailboxes.process_imap(at(server)))
        finally:
            connection.close()

    other = threading.Thread(target=attempt)
    other.start()
    other.join()

    assert (found, len(list(reading)), server.connections) == ([], 2, 1)


@pytest.mark.parametrize(
    "trouble",
    [
        ({"password": "faux"}, logging.ERROR, "sign-in refused"),
        ({"folder": "Retours"}, logging.ERROR, "no folder Retours"),
        ({"port": 1}, logging.WARNING, "ConnectionRefusedError: Connection refused"),
        ({"host": "nulle-part.invalid"}, logging.WARNING, "host not found"),
        ({"host": "localhost"}, logging.ERROR, "certificate not trusted"),
    ],
)
def test_what_cannot_be_reached_is_one_line_without_the_password(serve, settings, caplog, trouble):
    change, level, words = trouble
    settings.BOUNCES = at(serve(*numbered(1)), **change)

    assert mailboxes.read_returns() == 0

    (record,) = [entry for entry in caplog.records if entry.name == mailboxes.__name__]
    assert (record.levelno, record.exc_info) == (level, None)
    assert words in record.getMessage()
    assert "faux" not in record.getMessage()
    with pytest.raises(CommandError, match="Lecture impossible"):
        call_command("process_bounces")


def test_run_ends_before_the_next_begins_and_the_rest_waits(serve, settings, monkeypatch):
    settings.BOUNCES = at(serve(*numbered(4)))
    monkeypatch.setattr(mailboxes, "RUN_LASTS", -1)

    assert [mailboxes.read_returns() for _run in range(5)] == [1, 1, 1, 1, 0]


def test_command_without_argument_reads_the_mailbox_of_the_settings(serve, settings, capsys):
    settings.BOUNCES = at(serve(CASES["dsn/delayed"][0].encode()))
    call_command("process_bounces")
    assert "delayed\u00a0: 1" in capsys.readouterr().out

    settings.BOUNCES = None
    assert mailboxes.read_returns() == 0
    with pytest.raises(CommandError, match="EMN_BOUNCES_URL"):
        call_command("process_bounces")


# --- The address ---


@pytest.mark.parametrize(
    ("url", "address"),
    [
        (
            "imaps://retours%40emn.example:p%2Fw@imap.example/INBOX",
            Imap("imap.example", 993, "retours@emn.example", "p/w", "INBOX", is_tls=True),
        ),
        (
            "imap+starttls://u:p@[::1]:1143/Retours/Lettre",
            Imap("::1", 1143, "u", "p", "Retours/Lettre", is_tls=False),
        ),
        ("imaps://u:p@host", Imap("host", 993, "u", "p", "INBOX", is_tls=True)),
        ("maildir:///var/mail/retours", None),
        ("mbox:///var/mail/re%20tours", None),
    ],
)
def test_address_is_read(url, address):
    found = parse(url)

    if address:
        assert found == address
    else:
        assert isinstance(found, Maildir | Mbox)
        assert str(found.path) in {"/var/mail/retours", "/var/mail/re tours"}


@pytest.mark.parametrize(
    "url",
    [
        "imap://u:secret@host",
        "imaps://host/INBOX",
        "imaps://u@host",
        "imaps://u:secret@host:x1",
        "imaps://u:secret@host/Bo%C3%AEte",
        "imaps://u:secret@host/a%0D%0Ab",
        "maildir://relatif/chemin",
        "mbox:",
        "pop3://u:secret@host",
        "secret",
    ],
)
def test_address_that_cannot_work_is_refused_without_saying_the_password(url):
    with pytest.raises(ValueError, match=r"\.$") as refusal:
        parse(url)

    assert "secret" not in str(refusal.value)


def test_password_is_not_shown_with_the_address():
    assert "p4ss" not in repr(mailbox_address.parse("imaps://u:p4ss@host"))
