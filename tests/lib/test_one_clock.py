"""Two clocks: one ticks, the other takes over when the first one's connection is gone."""

from contextlib import closing
from datetime import timedelta

import pytest
from celery import Celery
from celery.schedules import schedule
from django.db import connections
from django.utils import timezone

from emn.celery import app as portal
from emn.lib import one_clock
from tests.lib.test_supervisor import eventually

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def clock(tmp_path, monkeypatch):
    """A clock of one entry due each minute, and what it sent."""
    app = Celery("clock", set_as_current=False)
    app.conf.beat_schedule = {"minute": {"task": "minute", "schedule": schedule(60)}}
    app.conf.enable_utc = True
    made = one_clock.Scheduler(app=app, schedule_filename=str(tmp_path / "schedule"))
    made.sent = []
    monkeypatch.setattr(made, "apply_async", lambda entry, **_: made.sent.append(entry.name))
    made.__dict__["producer"] = None  # no broker is asked
    made.schedule.pop("celery.backend_cleanup", None)
    yield made
    made.close()
    connections["default"].close()


@pytest.fixture
def other():
    """The connection of another clock, which holds the lock."""
    link = connections.create_connection("default")
    with link.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [one_clock.LOCK])
        assert cursor.fetchone()[0]
    yield link
    link.close()


def make_due(clock):
    for entry in clock.schedule.values():
        entry.last_run_at = timezone.now() - timedelta(days=3)


def test_the_portal_has_that_clock():
    assert portal.conf.beat_scheduler == "emn.lib.one_clock:Scheduler"


def test_a_clock_alone_ticks(clock):
    make_due(clock)

    clock.tick()

    assert clock.sent == ["minute"]


def test_a_clock_beside_another_waits(clock, other):
    make_due(clock)

    assert clock.tick() == one_clock.ASKS_AGAIN_S
    assert clock.sent == []


def test_the_second_clock_takes_over_and_runs_what_was_due_meanwhile_once(clock, other):
    make_due(clock)
    clock.tick()
    other.close()

    eventually(lambda: clock.tick() != one_clock.ASKS_AGAIN_S)  # the server sees who is gone
    while clock.tick() == 0:
        pass

    assert clock.sent == ["minute"]


def test_what_the_first_clock_did_is_not_done_again(clock, other):
    make_due(clock)
    clock.tick()

    assert [entry.is_due().is_due for entry in clock.schedule.values()] == [True]
    assert all(
        timezone.now() - entry.last_run_at < timedelta(minutes=3)
        for entry in clock.schedule.values()
    )


def test_a_clock_whose_connection_broke_asks_for_the_lock_again(clock):
    clock.tick()
    make_due(clock)
    pid = connections["default"].connection.info.backend_pid
    with closing(connections.create_connection("default")) as link, link.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [pid])

    assert clock.tick() == one_clock.ASKS_AGAIN_S
    clock.tick()

    assert clock.sent == ["minute"]
