"""The database that tests start from: migrated once for a given schema, then copied."""

import hashlib
from pathlib import Path

from django.core.management import call_command
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.transaction import Atomic

ROOT = Path(__file__).parents[1]
APPS = ("emn", "directory", "events", "diagnostics", "observatory")
_LOCK = 0x454D4E  # "EMN": one process migrates, the others wait for its copy


def schema_key():
    """Return 12 hexadecimal digits that change with whatever a migration may read."""
    read = [ROOT / "requirements.txt", ROOT / "emn" / "settings.py", Path(__file__)]
    for app in APPS:
        for path in (ROOT / app).rglob("*.py"):
            parts = path.relative_to(ROOT).parts
            about_schema = {"migrations", "models", "lib"} & set(parts[:-1])
            if about_schema or path.name in {"models.py", "apps.py", "enums.py"}:
                read.append(path)
    digest = hashlib.sha256()
    for path in sorted(read):
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def create():
    """Make this process's test database, a copy of the migrated one, and connect to it."""
    own, template = connection.creation._get_test_db_name(), f"emn_schema_{schema_key()}"
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE 'emn\\_schema\\_%%'")
        if (template,) not in (others := cursor.fetchall()):
            for (name,) in others:
                cursor.execute(f"DROP DATABASE {name}")
            _migrate(cursor, template)
        cursor.execute(f"DROP DATABASE IF EXISTS {own} WITH (FORCE)")
        cursor.execute(f"CREATE DATABASE {own} TEMPLATE {template}")
    _connect_to(own)


def _migrate(cursor, template):
    draft = f"draft_{template}"
    cursor.execute(f"DROP DATABASE IF EXISTS {draft} WITH (FORCE)")
    cursor.execute(f"CREATE DATABASE {draft}")
    _connect_to(draft)
    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable")
    _number_from_a_thousand()
    connection.close()
    cursor.execute(f"ALTER DATABASE {draft} RENAME TO {template}")


def _number_from_a_thousand():
    """Let rows have numbers that are written otherwise for people, “1 001”, than for a browser."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT setval(format('%I.%I', schemaname, sequencename)::regclass,"
            " greatest(coalesce(last_value, 0), 1000)) FROM pg_sequences"
            " WHERE schemaname = 'public'"
        )


def drop():
    """Drop this process's test database."""
    name = connection.settings_dict["NAME"]
    connection.close()
    with connection._nodb_cursor() as cursor:
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _connect_to(name):
    connection.close()
    connection.settings_dict["NAME"] = name


def follow_commits(monkeypatch):
    """Do what awaits a commit at the end of each outermost block of the code under test.

    The test itself lives in one transaction, rolled back at its end: ten times quicker than to
    empty the tables. What only a true commit shows (threads, deferred constraints, `now()`)
    keeps `django_db(transaction=True)`.
    """
    leave, wait = Atomic.__exit__, BaseDatabaseWrapper.on_commit

    def committed():
        while connection.run_on_commit and not connection.savepoint_ids:
            connection.run_on_commit.pop(0)[1]()

    def exit_(self, *raised):
        leave(self, *raised)
        if connection.in_atomic_block and raised[0] is None:
            committed()

    def on_commit(self, func, robust=False):
        wait(self, func, robust)
        committed()

    monkeypatch.setattr(Atomic, "__exit__", exit_)
    monkeypatch.setattr(BaseDatabaseWrapper, "on_commit", on_commit)
