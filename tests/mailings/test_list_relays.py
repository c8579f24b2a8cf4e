"""The conversation with a relay: what became of each message is told without a doubt too many."""

import socketserver
import ssl
import threading
from contextlib import suppress
from datetime import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from emn.mailings.list_relays import NO_REPLY, Answer, Fate, RelayUnavailable, relay

MESSAGE = b"Subject: x\r\n\r\n..dot\r\n"
TAKEN = Answer(Fate.TAKEN, "2.0.0")


class Server(socketserver.ThreadingTCPServer):
    """A relay that answers each command as it is told; « drop » closes the connection instead."""

    allow_reuse_address = daemon_threads = True

    def __init__(self, *, pipelining, replies):
        super().__init__(("127.0.0.1", 0), Conversation)
        self.pipelining, self.replies, self.kept, self.commands = pipelining, replies, [], []


class Dropped(Exception):
    """The script closes the connection here."""


class Conversation(socketserver.StreamRequestHandler):
    def handle(self):
        with suppress(Dropped):
            self.say("220 relay")
            for line in self.rfile:
                self.follow(line.decode().strip())

    def follow(self, command):
        self.server.commands.append(command)
        verb = command.split(" ")[0].split(":")[0].upper()
        if verb == "EHLO":
            self.say("250-relay\r\n250 PIPELINING" if self.server.pipelining else "250 relay")
        elif verb == "QUIT":
            self.say("221 bye")
        elif verb != "DATA":
            self.reply(verb, "250 2.1.0 fine")
        elif self.reply(verb, "354 go on").startswith("354"):
            content = b"".join(iter(self.rfile.readline, b".\r\n"))
            self.reply("DOT", "250 2.0.0 kept")
            self.server.kept.append(content)

    def reply(self, verb, usual):
        said = self.server.replies.get(verb, usual)
        if said == "drop":
            raise Dropped
        self.say(said)
        return said

    def say(self, line):
        self.wfile.write(f"{line}\r\n".encode())


@pytest.fixture(params=[True, False], ids=["pipelining", "step by step"])
def serve(request, settings):
    """Return a function that starts a relay with its replies, and the settings that lead to it."""
    running = []

    def serve(**replies):
        server = Server(pipelining=request.param, replies=replies)
        threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        running.append(server)
        settings.LIST_SMTP_HOST, settings.LIST_SMTP_PORT = server.server_address
        return server

    yield serve
    for server in running:
        server.shutdown()
        server.server_close()


@pytest.fixture
def serve_tls(tmp_path):
    """Start a server whose certificate it signed itself; return its address."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1)
        .not_valid_before(datetime(2020, 1, 1))  # noqa: DTZ001 -- X.509 is in UTC
        .not_valid_after(datetime(2100, 1, 1))  # noqa: DTZ001
        .sign(key, hashes.SHA256())
    )
    both = tmp_path / "relay.pem"
    both.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        + certificate.public_bytes(Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)

    class Tls(Server):
        def get_request(self):
            connected, address = super().get_request()
            return context.wrap_socket(connected, server_side=True), address

        def handle_error(self, _request, _client):
            pass

    server = Tls(pipelining=True, replies={})
    threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    yield server.server_address
    server.shutdown()
    server.server_close()


def give(times=1):
    with relay() as opened:
        return [opened.give("retour+a@b.example", "c@d.example", MESSAGE) for _ in range(times)]


def test_messages_go_one_after_another_over_one_connection(serve):
    server = serve()

    assert give(times=3) == [TAKEN] * 3

    assert server.kept == [MESSAGE] * 3
    assert sum(command.lower().startswith("ehlo") for command in server.commands) == 1
    assert server.commands.count("MAIL FROM:<retour+a@b.example>") == 3
    assert server.commands[-1].upper() == "QUIT"


@pytest.mark.parametrize(
    ("replies", "answer"),
    [
        ({"RCPT": "550 5.1.1 nobody"}, Answer(Fate.REFUSED, "5.1.1")),
        ({"RCPT": "550 nobody"}, Answer(Fate.REFUSED, "550")),
        ({"RCPT": "451 4.7.1 later"}, Answer(Fate.LATER, "4.7.1")),
        ({"DOT": "552 5.3.4 too big"}, Answer(Fate.REFUSED, "5.3.4")),
        ({"DOT": "451 4.3.0 later"}, Answer(Fate.LATER, "4.3.0")),
        ({"RCPT": "550 4.1.1 contradicts itself"}, Answer(Fate.REFUSED, "550")),
    ],
)
def test_a_refusal_is_told_by_its_code_and_the_next_message_goes(serve, replies, answer):
    server = serve(**replies)
    with relay() as opened:
        assert opened.give("retour+a@b.example", "c@d.example", MESSAGE) == answer
        server.replies.clear()
        assert opened.give("retour+a@b.example", "c@d.example", MESSAGE) == TAKEN


@pytest.mark.parametrize(
    "replies",
    [
        {"MAIL": "530 5.7.0 Authentication required"},
        {"MAIL": "452 4.3.1 full"},
        {"MAIL": "553 5.7.1 sender rejected"},
        {"RCPT": "530 5.7.0 Authentication required"},
        {"RCPT": "550 5.4.5 Daily quota exceeded"},
        {"DATA": "554 5.7.1 no"},
        {"DOT": "550 5.4.5 Daily quota exceeded"},
    ],
)
def test_who_refuses_the_sender_refuses_nobody_else(serve, replies):
    server = serve(**replies)
    with relay() as opened:
        with pytest.raises(RelayUnavailable):
            opened.give("retour+a@b.example", "c@d.example", MESSAGE)
        server.replies.clear()
        assert opened.give("retour+a@b.example", "c@d.example", MESSAGE) == TAKEN


@pytest.mark.parametrize(
    ("stage", "answer"),
    [
        ("MAIL", Answer(Fate.LATER, "", is_closing=True)),
        ("RCPT", Answer(Fate.LATER, "", is_closing=True)),
        ("DOT", Answer(Fate.UNKNOWN, NO_REPLY, is_closing=True)),
    ],
)
def test_a_reply_that_cannot_be_read_is_not_taken_for_a_yes(serve, settings, stage, answer):
    settings.EMAIL_TIMEOUT = 0.5  # seconds: the relay then says nothing more
    serve(**{stage: "?? what"})

    assert give() == [answer]


def test_a_domain_is_given_in_ascii(serve):
    server = serve()
    with relay() as opened:
        assert opened.give("a@b.example", "lea@müller.example", MESSAGE) == TAKEN
        refused = opened.give("a@b.example", "léa@d.example", MESSAGE)

    assert refused == Answer(Fate.REFUSED, "5.1.3")
    assert "RCPT TO:<lea@xn--mller-kva.example>" in server.commands


def test_a_certificate_that_nobody_vouches_for_is_refused(settings, serve_tls):
    settings.EMAIL_USE_SSL = True
    settings.LIST_SMTP_HOST, settings.LIST_SMTP_PORT = serve_tls

    with pytest.raises(RelayUnavailable, match="SSLCertVerificationError"), relay():
        pass


@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA"])
def test_a_break_before_the_message_was_given_can_be_tried_again(serve, stage):
    serve(**{stage: "drop"})

    assert give() == [Answer(Fate.LATER, "", is_closing=True)]


def test_a_break_after_the_final_dot_leaves_a_doubt(serve):
    serve(DOT="drop")

    assert give() == [Answer(Fate.UNKNOWN, NO_REPLY, is_closing=True)]


def test_a_relay_that_closes_its_service_is_left(serve):
    serve(DOT="421 4.3.2 closing")

    assert give() == [Answer(Fate.LATER, "4.3.2", is_closing=True)]


def test_a_relay_that_nobody_answers_for_is_unavailable(settings):
    settings.LIST_SMTP_HOST, settings.LIST_SMTP_PORT = "127.0.0.1", 1

    with pytest.raises(RelayUnavailable), relay():
        pass


def test_without_a_relay_a_message_becomes_a_file(settings, tmp_path):
    settings.LIST_SMTP_HOST, settings.MAIL_DIR = "", tmp_path / "mail"

    assert give() == [Answer(Fate.TAKEN)]

    assert [file.read_bytes() for file in settings.MAIL_DIR.glob("*.eml")] == [
        b"Subject: x\r\n\r\n.dot\r\n"
    ]
