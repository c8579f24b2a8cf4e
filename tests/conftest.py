"""What every test shares: real PostgreSQL, no network, no leftovers."""

import os
import socket

import pytest

# The suite keeps its own state beside the demonstration's; set before Django reads its settings.
os.environ.setdefault(
    "EMN_POSTGRES_OPTIONS", "fsync=off,synchronous_commit=off,full_page_writes=off"
)


@pytest.fixture(autouse=True)
def closed_network(monkeypatch):
    """Refuse any connection that leaves the machine."""
    connect = socket.socket.connect

    def guarded(self, address):
        if self.family != socket.AF_UNIX and address[0] not in {"127.0.0.1", "::1", "localhost"}:
            raise AssertionError(f"a test tried to reach {address[0]}")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(autouse=True)
def private_folders(settings, tmp_path):
    """Give each test its own media and mail folders."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.PRIVATE_MEDIA_ROOT = tmp_path / "private"
    settings.MAIL_DIR = tmp_path / "mail"
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
