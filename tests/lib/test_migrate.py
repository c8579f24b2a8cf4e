"""Migrations give way to the portal that is on line, and run one at a time."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.core.management.commands import migrate as stock
from django.db import connection

from emn.lib.management.commands import migrate

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def other():
    """Another connection of the same database."""
    link = connection.copy()
    yield link
    link.close()


@pytest.fixture
def one_migration(monkeypatch):
    """In the place of what is to be applied: one statement that wants a table for itself."""
    tried = []

    def handle(_self, *_args, **_options):
        tried.append(lock_timeout())
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE emn_rate_limit ALTER hits SET DEFAULT 1")
            cursor.execute("ALTER TABLE emn_rate_limit ALTER hits DROP DEFAULT")

    monkeypatch.setattr(stock.Command, "handle", handle)
    monkeypatch.setattr(migrate, "LOCK_TIMEOUT", "50ms")
    monkeypatch.setattr(migrate, "ATTEMPTS", 2)
    monkeypatch.setattr(migrate, "PAUSE_S", 0)
    return tried


def lock_timeout():
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        return cursor.fetchone()[0]


def test_a_limit_holds_during_the_migration_and_no_longer(one_migration):
    call_command("migrate", stdout=StringIO())

    assert one_migration == ["50ms"]
    assert lock_timeout() == "0"


def test_a_table_that_stays_taken_is_tried_again_then_refused(one_migration, other):
    with other.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT count(*) FROM emn_rate_limit")

        with pytest.raises(CommandError, match="heure plus calme"):
            call_command("migrate", stdout=StringIO())

        cursor.execute("ROLLBACK")
    assert one_migration == ["50ms", "50ms"]
    assert lock_timeout() == "0"


def test_two_do_not_run_at_once(one_migration, other):
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtextextended('lib.migrate', 0))")

        with pytest.raises(CommandError, match="en cours"):
            call_command("migrate", stdout=StringIO())

    assert one_migration == []
