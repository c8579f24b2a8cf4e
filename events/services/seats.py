"""Seats of one session: the lock, the count, the waiting list. The steps every service shares.

Whoever changes what is counted locks the pools of the session first, in the order of their keys;
then counts; then writes. What frees a seat promotes the waiting list in the same transaction, so
that nobody sees the seat between two owners.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import OperationalError, connection
from django.db.models import Model
from django.utils.translation import gettext as _
from psycopg2.errors import LockNotAvailable

from emn.lib.errors import DomainError
from emn.lib.page_cache import touch
from events import clock_rules
from events.enums import Availability, RegistrationStatus
from events.models import CapacityPool, Registration, Session
from events.models.registrations import ACTIVE, HOLDING
from events.services import telling

LOCK_WAIT = "3s"
FEW_SEATS = 5  # «dernières places»: so few, or a tenth


class RegistrationRefused(DomainError):
    """The registration cannot be made, taken, changed or ended so."""


class TryAgain(DomainError):
    """Too many people at once: nothing was written, the same act may be done again."""


@dataclass(frozen=True)
class Taken:
    """People of one pool, counted under the lock: with a seat, in line, asking for the line."""

    seated: int
    in_line: int
    pending: int


def sql_list(statuses: Iterable[str]) -> str:
    """Write these statuses as SQL compares them: constants of ours, which need no binding."""
    return ", ".join(f"'{status}'" for status in statuses)


def _sql_sum(statuses: Iterable[str]) -> str:
    return f"coalesce(sum(seats) FILTER (WHERE status IN ({sql_list(statuses)})), 0)"


_COUNT = f"""
    SELECT ARRAY[{_sql_sum(HOLDING)}, {_sql_sum([RegistrationStatus.WAITING])},
                 {_sql_sum([RegistrationStatus.PENDING])}]
    FROM events_registration
    WHERE status IN ({sql_list(ACTIVE)}) AND pool_id = """  # noqa: S608 -- made of constants
# Written, not composed each time: while one person holds the lock, the others wait.
_HOLD = """
    SELECT set_config('lock_timeout', %s, true);
    SELECT id FROM events_capacitypool WHERE session_id = %s ORDER BY id FOR UPDATE;
"""


def _columns(model: type[Model]) -> str:
    return ", ".join(
        f"{model._meta.db_table}.{field.column}" for field in model._meta.concrete_fields
    )


def _names(model: type[Model]) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields]


_SESSION_NAMES, _POOL_NAMES = _names(Session), _names(CapacityPool)
_READ = f"""
    SELECT ({_COUNT} events_capacitypool.id), {_columns(Session)}, {_columns(CapacityPool)}
    FROM events_session
    LEFT JOIN events_capacitypool ON events_capacitypool.session_id = events_session.id
    WHERE events_session.id = %s ORDER BY events_capacitypool.id
"""  # noqa: S608 -- made of constants


def lock(session_id: int) -> tuple[Session, dict[int, CapacityPool]]:
    """Hold the seats of a session until the end of the transaction; return it, and its pools.

    Pools, their `taken` (what `count` returns) and the session are read once the lock is held, by
    a statement of its own: whatever was decided before is seen. Raises Session.DoesNotExist, or
    TryAgain when the lock does not come in time.
    """
    with connection.cursor() as cursor:
        try:
            cursor.execute(_HOLD + _READ, [LOCK_WAIT, session_id, session_id])
        except OperationalError as error:
            if isinstance(error.__cause__, LockNotAvailable):
                raise TryAgain(
                    _("Beaucoup de monde s’inscrit en ce moment. Rien n’est perdu : réessayez.")
                ) from error
            raise
        rows = cursor.fetchall()
    if not rows:
        raise Session.DoesNotExist
    end = 1 + len(_SESSION_NAMES)
    session = Session.from_db(connection.alias, _SESSION_NAMES, rows[0][1:end])
    pools: dict[int, CapacityPool] = {}
    for taken, *values in rows if rows[0][end] is not None else ():
        pool = CapacityPool.from_db(connection.alias, _POOL_NAMES, values[end - 1 :])
        pool.taken = taken
        pools[pool.pk] = pool
    return session, pools


def pool_of(pools: dict[int, CapacityPool], pool_id: int | None) -> CapacityPool:
    """Return the pool asked for; the only one when none was. Raises RegistrationRefused."""
    if pool_id in pools:
        return pools[pool_id]
    if pool_id is None and len(pools) == 1:
        return next(iter(pools.values()))
    raise RegistrationRefused(_("Choisissez comment vous venez."))


def count(pool: CapacityPool) -> Taken:
    """Count the people of a pool, in one question; call it under the lock."""
    with connection.cursor() as cursor:
        cursor.execute(f"{_COUNT} %s", [pool.pk])
        return Taken(*cursor.fetchone()[0])


def promote(session: Session, pools: Iterable[CapacityPool], *, now: datetime) -> int:
    """Offer the free seats to the waiting list, in its order; return how many offers.

    A group waits until it may sit together, and nobody passes it. Nothing is offered in the last
    hours. Then the agenda's words follow the count. Call it under the lock.
    """
    offers = 0
    for pool in pools:
        taken = count(pool)
        left, in_line = pool.seats - taken.seated, taken.in_line
        if session.takes_place and clock_rules.may_offer(session.starts_at, now=now) and left > 0:
            for entry in pool.registrations.in_line()[:left] if in_line else ():
                if entry.seats > left:
                    break
                _offer(entry, session, now=now)
                left -= entry.seats
                in_line -= entry.seats
                offers += 1
        show(pool, left, in_line, taken.pending)
    return offers


def _offer(entry: Registration, session: Session, *, now: datetime) -> None:
    entry.status, entry.offered_at = RegistrationStatus.OFFERED, now
    entry.expires_at = clock_rules.offer_ends(session.starts_at, now=now)
    entry.save(update_fields=["status", "offered_at", "expires_at"])
    telling.tell(entry, "offer", session=session, now=now)


def show(pool: CapacityPool, left: int, in_line: int, pending: int) -> None:
    """Write what the agenda says of the pool, when that changes.

    Given the free seats, the people in line, and those who may still enter it.
    """
    said = _words(pool, left, in_line, pending)
    if said != pool.shown:
        pool.shown = said
        pool.save(update_fields=["shown"])
        touch()


def _words(pool: CapacityPool, left: int, in_line: int, pending: int) -> Availability:
    if left > 0 and not in_line:
        few = left <= max(FEW_SEATS, pool.seats // 10) and left < pool.seats
        return Availability.FEW if few else Availability.OPEN
    return Availability.WAITING if in_line + pending < pool.waiting_limit else Availability.FULL


def full_pools(session: Session) -> list[CapacityPool]:
    """Return the pools without a free seat: there is a line at most. As the agenda says it now."""
    in_words = (Availability.WAITING, Availability.FULL)
    return list(CapacityPool.objects.filter(session=session, shown__in=in_words).order_by("pk"))


def pools_of(session: Session) -> list[CapacityPool]:
    """Return the pools of a session in their order, from what is loaded."""
    return sorted(session.pools.all(), key=lambda pool: pool.pk)
