"""What the tests of the outbox share: their own templates and relays that misbehave."""

import copy
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction

from emn.mailings.services import outbox as services

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def outbox(settings):
    """Send by the real backend, to the folder relay, with the templates beside these tests."""
    settings.EMAIL_BACKEND = "emn.mailings.backend.OutboxBackend"
    settings.RELAY_BACKEND = "emn.mailings.relays.FolderRelay"
    settings.TEMPLATES = copy.deepcopy(settings.TEMPLATES)
    settings.TEMPLATES[0]["DIRS"].append(Path(__file__).parent / "templates")


def queue(**values):
    """Queue a plain letter in a transaction of its own, as a service would."""
    defaults = {"to": "alice@firm.example", "template": "letters/plain", "context": {}, "now": NOW}
    with transaction.atomic():
        return services.queue_email(**defaults | values)


class Relay(BaseEmailBackend):
    """A relay that does for each message what the test says, and notes when it is closed."""

    closings = 0

    def act(self, message):
        raise NotImplementedError

    def close(self):
        type(self).closings += 1

    def send_messages(self, email_messages):
        for message in email_messages:
            type(self).act(message)


@pytest.fixture
def relay_does(settings, monkeypatch):
    """Return a function that makes the relay call its argument for each message."""
    settings.RELAY_BACKEND = f"{__name__}.Relay"
    monkeypatch.setattr(Relay, "closings", 0)

    def relay_does(action):
        monkeypatch.setattr(Relay, "act", action)

    return relay_does


@pytest.fixture
def failing_relay(relay_does):
    """Return a function that makes the relay fail with the error it is given."""

    def fail_with(error):
        def fail(_message):
            raise error

        relay_does(fail)

    return fail_with
