"""Public figures are read from a copy that has them all, and from the primary otherwise."""

import pytest
from django.db import OperationalError, connection, connections, router
from django.test import Client
from django.test.utils import CaptureQueriesContext

from emn.lib import page_cache, replica
from emn.lib.page_cache import Generations, touch
from emn.lib.replica import ALIAS, Router, Watch, from_replica
from emn.mailings.models import MailingList
from observatory.models import Release

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def copy(monkeypatch):
    """A second way to the test's database, as TEST MIRROR makes it, and a fresh watch on it."""
    second = connection.copy(alias=ALIAS)
    connections[ALIAS] = second
    second.connect()  # before the settings know its name: Django’s tests forbid it afterwards
    monkeypatch.setitem(connections.settings, ALIAS, second.settings_dict)
    monkeypatch.setattr(router, "routers", [Router()])
    monkeypatch.setattr(replica, "watch", Watch())
    monkeypatch.setattr(page_cache, "generations", Generations())
    yield second
    connections[ALIAS].close()
    del connections[ALIAS]


@pytest.fixture
def behind(copy, monkeypatch):
    """The same, of which the last change has not come yet."""
    seen = page_cache.generations.now()
    touch()
    monkeypatch.setattr(replica, "read_generation", lambda **_using: seen)
    return copy


@from_replica
def read():
    """Say from where a row would be read."""
    return MailingList.objects.all().db


def test_what_is_read_inside_comes_from_the_copy_and_nothing_else_does(copy):
    assert (read(), MailingList.objects.all().db) == (ALIAS, "default")


def test_writes_and_locks_go_to_the_primary(copy):
    @from_replica
    def write():
        return (
            router.db_for_write(MailingList),
            MailingList.objects.select_for_update().db,
            MailingList.objects.order_by("pk").update(position=1),
        )

    with CaptureQueriesContext(copy) as asked:
        where, locked, _changed = write()

    assert (where, locked) == ("default", "default")
    assert [query["sql"] for query in asked if "UPDATE" in query["sql"]] == []


def test_a_copy_that_lags_is_not_read(behind):
    assert read() == "default"


def test_a_copy_that_has_caught_up_is_read_again(copy):
    now = [0.0]
    watch = Watch(clock=lambda: now[0])
    told = []
    watch_read = replica.read_generation

    def late(**using):
        told.append(1)
        return None if len(told) == 1 else watch_read(**using)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(replica, "read_generation", late)
        first, at_once = watch.shared_generation(), watch.shared_generation()
        now[0] += replica.CHECK_EVERY_S
        later = watch.shared_generation()

    assert (first, at_once, later, len(told)) == (None, None, page_cache.generations.now(), 2)


def test_a_copy_that_is_away_leaves_the_primary_and_rests(copy, monkeypatch):
    asked = []

    def away(**_using):
        asked.append(1)
        raise OperationalError("away")

    monkeypatch.setattr(replica, "read_generation", away)

    assert (read(), read(), len(asked)) == ("default", "default", 1)


def test_while_one_waits_for_a_silent_copy_nobody_else_does(copy, monkeypatch):
    seconds, asked, meanwhile = [0.0], [], []
    monkeypatch.setattr(replica, "watch", Watch(clock=lambda: seconds[0]))

    def silent(**_using):
        asked.append(1)
        seconds[0] += 3.0
        meanwhile.append(read())  # as another thread would
        raise OperationalError("timeout expired")

    monkeypatch.setattr(replica, "read_generation", silent)

    assert (read(), meanwhile, len(asked)) == ("default", ["default"], 1)


def test_a_copy_that_fails_in_the_middle_is_made_up_for(copy):
    seen = []

    @from_replica
    def cancelled():
        seen.append(MailingList.objects.all().db)
        if len(seen) == 1:
            raise OperationalError("canceling statement due to conflict with recovery")
        return "read"

    assert (cancelled(), seen, read()) == ("read", [ALIAS, "default"], "default")


def test_what_is_kept_while_a_change_comes_is_not_kept_for_after_it(copy):
    """The copy has not seen that change: its value would stand under the new generation."""
    words = ["old"]
    before = page_cache.generations.now()

    def kept():
        return page_cache.keep("test.replica", lambda: words[0])

    @from_replica
    def read_late():
        touch()  # on the primary; the process sees it at the next look
        return page_cache.generations.now(), kept()

    assert read_late() == (before, "old")
    words[0] = "new"
    assert kept() == "new"


def test_the_primary_that_makes_up_for_the_copy_is_read_with_its_own_generation(copy):
    seen = []

    @from_replica
    def cancelled():
        seen.append(page_cache.generations.now())
        if len(seen) == 1:
            touch()
            raise OperationalError("canceling statement due to conflict with recovery")

    cancelled()

    assert seen[0] != seen[1] == page_cache.read_generation()


def test_inside_a_transaction_the_primary_is_read(copy):
    from django.db import transaction

    with transaction.atomic():
        assert read() == "default"


@pytest.mark.parametrize("address", ["/observatoire/", "/api/v1/indicators/", "/donnees/"])
def test_pages_of_the_observatory_and_the_api_read_the_copy(copy, address):
    with CaptureQueriesContext(copy) as asked:
        assert Client().get(address).status_code == 200

    assert [query["sql"] for query in asked if "observatory_" in query["sql"]]


def test_migrations_leave_the_copy_alone(copy):
    assert not router.allow_migrate(ALIAS, "observatory")
    assert router.allow_migrate("default", "observatory")
    assert router.db_for_read(Release) == "default"
