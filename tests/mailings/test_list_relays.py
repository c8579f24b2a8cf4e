"""The conversation with a relay: what became of each message is told without a doubt too many."""

import socketserver
import threading
from contextlib import suppress

import pytest

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
        ({"MAIL": "452 4.3.1 full"}, Answer(Fate.LATER, "4.3.1")),
        ({"DATA": "554 5.7.1 no"}, Answer(Fate.REFUSED, "5.7.1")),
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
