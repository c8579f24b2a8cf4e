"""Rows out of the database and back, by COPY: no program of PostgreSQL's is needed for it.

The schema is not copied: the migrations make it, so a backup goes to any version of PostgreSQL,
and never to another version of the portal.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from django.db import OperationalError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

from emn.lib.backups import BackupRefused
from emn.lib.page_cache import touch

# What a restored portal begins without: answers in memory, counters of a few minutes, and sessions,
# which would let in again whoever was shut out since.
TRANSIENT = ("emn_cache", "emn_rate_limit", "django_session")
_LEFT_ALONE = ("emn_page_change",)  # each process compares it with what it last saw
_LOCK_TIMEOUT = "10s"

_COLUMNS = """
    SELECT c.relname, array_agg(a.attname::text ORDER BY a.attnum)
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace
      AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
    GROUP BY c.relname ORDER BY c.relname
"""
_SEQUENCES = """
    SELECT sequencename, last_value FROM pg_sequences
    WHERE schemaname = current_schema() AND last_value IS NOT NULL ORDER BY sequencename
"""


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)


def _listed(names: list[str]) -> str:
    return ", ".join(_quoted(name) for name in names)


def columns() -> dict[str, list[str]]:
    """Return the columns of each table that a backup holds."""
    with connection.cursor() as cursor:
        cursor.execute(_COLUMNS)
        found = dict(cursor.fetchall())
    return {name: found[name] for name in found if name not in (*TRANSIENT, *_LEFT_ALONE)}


def sequences() -> dict[str, int]:
    """Return the last number that each sequence gave."""
    with connection.cursor() as cursor:
        cursor.execute(_SEQUENCES)
        return {name: last for name, last in cursor.fetchall() if "page_change" not in name}


def applied_migrations() -> list[str]:
    """Return «app.name» of each migration that this database has had."""
    return sorted(".".join(key) for key in MigrationRecorder(connection).applied_migrations())


def missing_migrations() -> list[str]:
    """Return «app.name» of each migration of the code that this database has not had."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _backwards in plan]


@contextmanager
def one_instant() -> Iterator[None]:
    """Show the block the database as it was at one instant, whatever others write meanwhile."""
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def copy_out(table: str, names: list[str], target: Any) -> int:
    """Write the rows of a table to `target`; return how many."""
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY {_quoted(table)} ({_listed(names)}) TO STDOUT", target)
        return int(cursor.rowcount)


def copy_in(table: str, names: list[str], source: IO[bytes]) -> int:
    """Read the rows of a table from `source`; return how many."""
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY {_quoted(table)} ({_listed(names)}) FROM STDIN", source)
        return int(cursor.rowcount)


@contextmanager
def refill(tables: list[str], numbers: dict[str, int]) -> Iterator[None]:
    """Empty the tables, let the block fill them, then check every reference: all or nothing.

    The triggers that keep rows from being rewritten rest meanwhile; keys, uniqueness and checks
    hold. Sequences restart by ALTER, which a failure takes back (`setval` would not be).
    """
    everything = [*tables, *TRANSIENT]
    try:
        with transaction.atomic(durable=True), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'")
            cursor.execute(f"LOCK TABLE {_listed(everything)} IN ACCESS EXCLUSIVE MODE")
            for table in tables:
                cursor.execute(f"ALTER TABLE {_quoted(table)} DISABLE TRIGGER USER")
            cursor.execute(f"TRUNCATE {_listed(everything)}")
            yield
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            for table in tables:
                cursor.execute(f"ALTER TABLE {_quoted(table)} ENABLE TRIGGER USER")
            for name, last in numbers.items():
                cursor.execute(f"ALTER SEQUENCE {_quoted(name)} RESTART WITH {last}")
                # Given once: one that was only restarted tells the next backup of no number.
                cursor.execute("SELECT nextval(%s)", [_quoted(name)])
            touch()
    except OperationalError as error:
        if getattr(error.__cause__, "pgcode", None) != "55P03":  # lock_not_available
            raise
        raise BackupRefused(
            "Le portail est en marche et tient des tables : arrêtez le site, les services d’envoi "
            "et l’horloge, puis recommencez. Rien n’a été changé."
        ) from None
