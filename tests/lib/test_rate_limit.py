"""Limits that hold whatever the number of processes, and whose the address is."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from allauth.core.internal import ratelimit
from django.conf import settings as django_settings
from django.core.cache import cache
from django.db import connection
from django.http import HttpResponse
from django.urls import reverse

from emn.lib import rate_limit

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[2]


def hit(now=NOW, key="192.0.2.1", limit=3):
    return rate_limit.wait_s(scope="test", key=key, limit=limit, period_s=60, now=now)


@pytest.fixture
def shared_counters(transactional_db):
    """Leave no counter behind: the table belongs to no model, so no flush empties it."""
    yield
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE emn_rate_limit, emn_cache")


@pytest.mark.django_db
def test_limit_refuses_what_is_beyond_and_says_how_long_to_wait():
    answers = [hit(now=NOW + timedelta(seconds=second)) for second in range(5)]

    assert answers == [0, 0, 0, 57, 56]


@pytest.mark.django_db
def test_the_second_of_two_is_counted_only_where_the_first_is_allowed():
    def send(challenge):
        return rate_limit.both_allowed(
            rate_limit.Hit("once", challenge, 1, 60), rate_limit.Hit("test", "a", 2, 60), now=NOW
        )

    answers = [send(challenge) for challenge in "aabac"]

    assert answers == [(True, True), (False, False), (True, True), (False, False), (True, False)]
    assert hit(key="a", limit=4) == 0  # the fourth counted


@pytest.mark.django_db
def test_limit_opens_again_with_the_next_window():
    for _hit in range(4):
        hit()

    assert hit(now=NOW + timedelta(seconds=60)) == 0


@pytest.mark.django_db
def test_limit_counts_each_key_apart():
    for _hit in range(4):
        hit()

    assert hit(key="192.0.2.2") == 0


@pytest.mark.django_db
def test_counter_keeps_no_key_in_clear():
    hit(key="alice@firm.example")

    with connection.cursor() as cursor:
        cursor.execute("SELECT emn_rate_limit::text FROM emn_rate_limit")
        assert "alice" not in cursor.fetchone()[0]


@pytest.mark.django_db
def test_closed_windows_are_forgotten():
    hit(key="old")
    hit(key="new", now=NOW + timedelta(seconds=30))

    assert rate_limit.forget_closed_windows(now=NOW + timedelta(seconds=60)) == 1


def test_limit_gives_the_last_place_once_among_threads(shared_counters):
    def attempt(_number):
        try:
            return rate_limit.allow(scope="test", key="k", limit=5, period_s=60, now=NOW)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(24))) == 5


def test_limit_holds_across_processes(shared_counters):
    name = connection.settings_dict["NAME"]
    program = (
        "import django; django.setup()\n"
        "from datetime import UTC, datetime\n"
        "from django.db import connection\n"
        f"connection.settings_dict['NAME'] = {name!r}\n"
        "from emn.lib.rate_limit import allow\n"
        "now = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)\n"
        "print(sum(allow(scope='p', key='k', limit=10, period_s=60, now=now) for _ in range(20)))\n"
    )
    import os

    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "emn.settings",
        "EMN_DATA_DIR": str(django_settings.DATA_DIR),
        "EMN_SECRET_KEY": django_settings.SECRET_KEY,
    }
    running = [
        subprocess.Popen(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _process in range(3)
    ]

    allowed = [int(process.communicate(timeout=240)[0]) for process in running]

    assert sum(allowed) == 10


def test_allauth_counts_in_the_shared_cache(shared_counters, rf, settings):
    """allauth takes a lock in the cache around its read and write: the database keeps it exact."""
    settings.CACHES = django_settings.CACHES
    config = {"signup": "5/m/ip"}

    def attempt(_number):
        try:
            request = rf.post("/", REMOTE_ADDR="192.0.2.7")
            usage = ratelimit.consume(request, app="test", action="signup", config=config)
            return bool(usage)
        finally:
            connection.close()

    cache.clear()
    with ThreadPoolExecutor(4) as pool:
        allowed = sum(pool.map(attempt, range(12)))

    assert 1 <= allowed <= 5


@pytest.mark.parametrize(
    ("hops", "forwarded", "remote", "expected"),
    [
        (0, "203.0.113.9", "192.0.2.1", "192.0.2.1"),
        (1, "203.0.113.9", "192.0.2.1", "203.0.113.9"),
        (1, "10.0.0.1, 203.0.113.9", "192.0.2.1", "203.0.113.9"),
        (1, "", "192.0.2.1", "192.0.2.1"),
        (1, "not-an-address", "192.0.2.1", "192.0.2.1"),
        (1, "2001:db8:1:2:3:4:5:6", "192.0.2.1", "2001:db8:1:2::"),
        (1, "::ffff:203.0.113.9", "192.0.2.1", "203.0.113.9"),
        (0, "", "::ffff:192.0.2.1", "192.0.2.1"),
        (0, "", "", ""),
    ],
)
def test_client_ip_trusts_exactly_the_proxies_it_knows(  # noqa: PLR0917 -- one row of the table
    rf, settings, hops, forwarded, remote, expected
):
    settings.TRUSTED_PROXY_HOPS = hops

    request = rf.get("/", REMOTE_ADDR=remote, headers={"X-Forwarded-For": forwarded})

    assert rate_limit.client_ip(request) == expected


@pytest.mark.django_db
def test_limited_view_answers_429_in_french_and_says_when_to_come_back(rf):
    @rate_limit.limited(scope="test.view", limit=1, period_s=120)
    def view(_request):
        return HttpResponse("ok")

    answers = [view(rf.post("/", REMOTE_ADDR="192.0.2.1")) for _hit in range(2)]

    assert [answer.status_code for answer in answers] == [200, 429]
    assert "Trop de demandes" in answers[1].content.decode()
    assert 118 <= int(answers[1]["Retry-After"]) <= 120
    assert view(rf.get("/", REMOTE_ADDR="192.0.2.1")).status_code == 200


@pytest.mark.django_db
def test_allauth_answers_with_the_same_429_page(client, settings):
    cache.clear()
    settings.ACCOUNT_RATE_LIMITS = {"signup": "1/h/ip"}

    answers = [client.post(reverse("account_signup"), {"email": ""}) for _hit in range(2)]

    assert answers[1].status_code == 429
    assert "Retry-After" in answers[1].headers
