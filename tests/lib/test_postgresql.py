from concurrent.futures import ThreadPoolExecutor

import psycopg2
import pytest
from django.db import connection
from django.db.backends.postgresql import base as django_engine

from emn.lib.postgresql import base
from emn.lib.postgresql.base import TRUSTED_FOR_S

pytestmark = pytest.mark.django_db(transaction=True)


def next_request():
    """What Django does to the connection between two requests."""
    connection.close_if_unusable_or_obsolete()
    connection.health_check_done = False


@pytest.fixture
def in_use():
    """A persistent connection, checked a moment ago."""
    connection.close()
    connection.ensure_connection()
    connection.health_check_enabled = True
    connection.is_usable()
    next_request()
    yield connection
    connection.close()


@pytest.fixture
def asked(monkeypatch):
    """How often the server was asked whether it is there."""
    times = []
    ask = django_engine.DatabaseWrapper.is_usable
    monkeypatch.setattr(
        django_engine.DatabaseWrapper, "is_usable", lambda self: times.append(1) or ask(self)
    )
    return times


def end_session():
    """End the session of this connection from another one, as a restarting server does."""
    pid = connection.connection.info.backend_pid

    def terminate():
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
                assert cursor.fetchone() == (True,)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as elsewhere:
        elsewhere.submit(terminate).result()


def test_a_visitor_never_sees_that_the_server_ended_the_session(in_use, client, asked):
    end_session()

    assert client.get("/sante/").json()["database"] == "ok"
    assert asked


def test_a_connection_in_steady_use_is_not_asked_whether_it_is_there(in_use, client, asked):
    assert client.get("/sante/").json()["database"] == "ok"
    assert not asked


def test_a_connection_that_has_rested_is_asked(in_use, client, asked):
    in_use._checked_at -= TRUSTED_FOR_S

    assert client.get("/sante/").json()["database"] == "ok"
    assert asked


def test_a_connection_that_has_failed_is_asked(in_use, asked):
    in_use.errors_occurred = True

    assert in_use.is_usable()
    assert asked


def test_a_closed_connection_is_not_usable(in_use):
    in_use.connection.close()

    assert not in_use.is_usable()


class Silence:
    """A server that answers nothing, and a clock that the attempts move on."""

    def __init__(self, *, takes_s):
        self.takes_s, self.now, self.attempts = takes_s, 1000.0, 0

    def monotonic(self):
        return self.now

    def connect(self, **_parameters):
        self.attempts += 1
        self.now += self.takes_s
        raise psycopg2.OperationalError("timeout expired")


def attempt_on(silence, monkeypatch):
    monkeypatch.setattr(base, "time", silence)
    monkeypatch.setattr(base, "_silent_until", {})
    monkeypatch.setattr(psycopg2, "connect", silence.connect)

    def attempt(host="silent.example"):
        with pytest.raises(psycopg2.OperationalError):
            connection.copy().get_new_connection({"host": host, "port": "5432"})

    return attempt


def test_a_server_that_went_silent_is_waited_for_by_one_attempt(monkeypatch):
    silence = Silence(takes_s=3.0)
    attempt = attempt_on(silence, monkeypatch)

    attempt()
    attempt()
    attempt("another.example")  # knows nothing of the first

    assert silence.attempts == 2


def test_a_server_that_went_silent_is_asked_again_after_a_rest(monkeypatch):
    silence = Silence(takes_s=3.0)
    attempt = attempt_on(silence, monkeypatch)

    attempt()
    silence.now += base.RESTS_FOR_S
    attempt()

    assert silence.attempts == 2


def test_a_server_that_refuses_is_asked_by_everyone(monkeypatch):
    silence = Silence(takes_s=0.01)
    attempt = attempt_on(silence, monkeypatch)

    attempt()
    attempt()

    assert silence.attempts == 2
