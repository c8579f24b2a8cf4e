"""Helpers that stand between PostgreSQL and the services."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError, connection, models, transaction

_KEY_DIGITS = 18  # those of a bigint that cannot overflow


@contextmanager
def violation_as(error: Exception, *, model: type[models.Model], constraint: str) -> Iterator[None]:
    """Raise `error` when the block breaks the named constraint of `model`; let others rise.

    The block runs in a savepoint, so the outer transaction stays usable.
    """
    names = {entry.name for entry in model._meta.constraints}
    if constraint not in names:
        raise LookupError(f"{model.__name__} has no constraint {constraint}")
    try:
        with transaction.atomic():
            yield
    except IntegrityError as violation:
        if broken_by(violation) == constraint:
            raise error from violation
        raise


def broken_by(violation: IntegrityError) -> str | None:
    """Return the name of the constraint that was broken, None when the database gave none."""
    diagnostics = getattr(violation.__cause__, "diag", None)
    return getattr(diagnostics, "constraint_name", None)


Relation = tuple[type[models.Model], str]


def relations_to(model: type[models.Model]) -> list[Relation]:
    """Return every foreign key of the portal that points to `model`: (model, field)."""
    return [
        (relation.related_model, relation.field.name)
        for relation in model._meta.get_fields(include_hidden=True)
        if isinstance(relation, models.ManyToOneRel)
    ]


def try_advisory_lock(name: str) -> bool:
    """Take, until the end of the transaction, the lock of that name; False when it is held."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [name])
        return bool(cursor.fetchone()[0])


def advisory_lock(name: str) -> None:
    """Wait for, then hold until the end of the transaction, the lock of that name."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


@contextmanager
def session_lock(name: str) -> Iterator[bool]:
    """Hold the lock of that name during the block, across transactions; give False when it is held.

    PostgreSQL lets go of it when the connection ends, hence when its process dies. It needs a
    connection of its own for the whole block: not one that a pool shares between transactions.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [name])
        taken = bool(cursor.fetchone()[0])
    try:
        yield taken
    finally:
        if taken:
            _unlock(name)


@contextmanager
def one_at_work_one_waiting(name: str) -> Iterator[bool]:
    """Wait for one's turn, or give False at once when somebody waits already.

    Who waits has not begun, and will see what was committed before: it works for both. The locks
    are the connection's, so that the block may hold several transactions; they die with it.
    """
    working = f"{name}:working"
    with session_lock(f"{name}:waiting") as is_mine:
        if is_mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [working])
    try:
        yield is_mine
    finally:
        if is_mine:
            _unlock(working)


def _unlock(name: str) -> None:
    if connection.connection is not None:  # else the lock went with it
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [name])


def posted_key(value: object) -> int:
    """Return the key of a row that a form or a device sent; 0, no row's, for anything else."""
    said = str(value or "")
    return int(said) if said.isascii() and said.isdecimal() and len(said) <= _KEY_DIGITS else 0
