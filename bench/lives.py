"""Random lives of one session: acts of many people at once, and what must hold in any order.

Used by `bench.interleavings` (1,000 lives) and by the tests (some).
"""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import timedelta

from django.db import connection
from django.db.models import Count

from events.models import Registration
from events.services import registrations, releases, seats, sessions
from events.services.seats import RegistrationRefused, TryAgain
from events.services.sessions import SessionRefused

ACTS = (
    "register", "register", "register", "take", "take", "line", "line", "confirm", "cancel",
    "expire", "promote", "move", "change",
)  # fmt: skip
REFUSALS = (RegistrationRefused, SessionRefused, TryAgain)


class Broken(AssertionError):
    """A rule of registrations does not hold."""


def _must(rule: str, *, holds: bool) -> None:
    if not holds:
        raise Broken(rule)


@contextmanager
def order_watched() -> Iterator[None]:
    """Check, at each offer and under its lock, that it goes to the first of its line."""
    offer = seats._offer

    def watched(entry, session, *, now):
        first = entry.pool.registrations.in_line().values_list("pk", flat=True).first()
        _must("somebody was passed", holds=first == entry.pk)
        offer(entry, session, now=now)

    seats._offer = watched
    try:
        yield
    finally:
        seats._offer = offer


def check_capacity(session) -> None:
    """Never over capacity, and one active place a mailbox."""
    for pool in session.pools.all():
        _must("over capacity", holds=pool.registrations.holding().seats() <= pool.seats)
    doubles = session.registrations.active().values("email").annotate(n=Count("pk")).filter(n__gt=1)
    _must("a mailbox has two places", holds=not doubles.exists())


def check_at_rest(session) -> None:
    """And no seat lost: none is free that the first of the line could take."""
    check_capacity(session)
    for pool in session.pools.all():
        first = pool.registrations.in_line().first()
        left = pool.seats - pool.registrations.holding().seats()
        _must("a seat is free and somebody waits", holds=first is None or first.seats > left)


class Life:
    """Random acts on one session, by whoever may do them at that moment."""

    def __init__(self, session, seed: int, *, now) -> None:
        self.session, self.random, self.now = session, random.Random(seed), now
        self.done = self.refused = 0

    def act(self) -> None:
        """Do one act, or be refused: too late, full, over."""
        self.now += timedelta(minutes=self.random.randrange(40))
        try:
            getattr(self, self.random.choice(ACTS))()
            self.done += 1
        except REFUSALS:
            self.refused += 1

    def any_entry(self) -> int | None:
        """Return an active registration, at random."""
        keys = self.session.registrations.active().order_by("pk").values_list("pk", flat=True)
        return self.random.choice(list(keys) or [None])

    def register(self) -> None:
        registrations.register(
            session_id=self.session.pk, pool_id=None, full_name="Vie", company_name="",
            language="fr", email=f"{self.random.randrange(40)}@vie.example", now=self.now,
            people=self.random.choice((1, 1, 1, 2, 3)),
        )  # fmt: skip

    def _on_one(self, act) -> None:
        if key := self.any_entry():
            with suppress(Registration.DoesNotExist):
                act(registration_id=key, now=self.now)

    def take(self) -> None:
        self._on_one(registrations.take_seat)

    def line(self) -> None:
        self._on_one(registrations.enter_line)

    def confirm(self) -> None:
        self._on_one(registrations.confirm_coming)

    def cancel(self) -> None:
        self._on_one(registrations.cancel_registration)

    def change(self) -> None:
        self._on_one(
            lambda **which: registrations.change_registration(
                full_name="Vie", company_name="", people=self.random.randrange(1, 4), **which
            )
        )

    def expire(self) -> None:
        releases.end_out_of_time(session_id=self.session.pk, now=self.now)

    def promote(self) -> None:
        registrations.promote(session_id=self.session.pk, now=self.now)

    def move(self) -> None:
        start = self.session.starts_at + timedelta(hours=self.random.randrange(1, 400))
        sessions.move_session(
            session_id=self.session.pk, starts_at=start, ends_at=start + timedelta(hours=2),
            room_id=None, now=self.now,
        )  # fmt: skip


def interleave(session, *, seed: int, now, threads: int, acts: int) -> list[Life]:
    """Live at once, in so many threads; raise Broken, or return the lives."""
    lives = [Life(session, 1_000 * seed + number, now=now) for number in range(threads)]

    def live(life: Life) -> None:
        try:
            for _ in range(acts):
                life.act()
                check_capacity(session)
        finally:
            connection.close()

    with order_watched(), ThreadPoolExecutor(threads) as pool:
        list(pool.map(live, lives))
    registrations.promote(session_id=session.pk, now=max(life.now for life in lives))
    check_at_rest(session)
    return lives
