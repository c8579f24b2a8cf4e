"""What every test shares: real PostgreSQL, no network, no leftovers."""

import functools
import gc
import os
import shutil
import socket
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.storage import FileSystemStorage
from django.db import connection
from django.test import TransactionTestCase, override_settings

from tests import database

# The suite's own cluster need not survive a power cut. Nor may it count rows behind a test's back:
# it would find tables empty that a test is filling, and plan as if they were for minutes.
os.environ.setdefault("EMN_POSTGRES_OPTIONS", "fsync=off,full_page_writes=off,autovacuum=off")

# Debian's browser without its windows, where it is installed: a third of the processor.
CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium")
NO_SKIP = os.environ.get("EMN_NO_SKIP") == "1"
SHARED_DATA = Path(os.environ.get("EMN_SHARED_DIR", Path(__file__).parents[2] / "shared")).joinpath(
    "data"
)
NOT_SHIPPED = "les données de référence partagées ne sont pas sur cette machine"


def pytest_configure(config):
    """Compile the catalogues once, and read again those that Django's start has already read."""
    from django.conf import settings
    from django.utils.translation.reloader import translation_file_changed

    from emn.lib.preparation import compile_catalogues

    if not hasattr(config, "workerinput"):
        compile_catalogues(settings.LOCALE_PATHS)
        translation_file_changed(sender=None, file_path=Path("django.mo"))


def pytest_collection_finish():
    """Keep the collector away from what lives until the end: a seventh of the processor's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def pytest_collection_modifyitems(items):
    """Skip, with the reason, what this machine cannot run."""
    missing = {
        "e2e": (CHROMIUM, "chromium manque (apt install chromium-headless-shell)"),
        "redis": (shutil.which("redis-server"), "redis-server manque (apt install redis-server)"),
    }
    for item in items:
        for mark, (found, reason) in missing.items():
            if not found and item.get_closest_marker(mark):
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Where everything must run (EMN_NO_SKIP=1), a skipped test is a failed one.

    But for reference data that no package brings: a clone without them may pass.
    """
    report = (yield).get_result()
    allowed = hasattr(report, "wasxfail") or NOT_SHIPPED in str(report.longrepr)
    if NO_SKIP and report.skipped and not allowed:
        report.outcome = "failed"


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment, django_db_modify_db_settings, django_db_blocker):
    """Migrate once for a schema, by whichever process is first, and copy for the others."""
    with django_db_blocker.unblock():
        database.create()
    yield
    with django_db_blocker.unblock():
        database.drop()


@pytest.fixture
def commits(db, monkeypatch):
    """Give a database where what awaits a commit is done, though the test is rolled back."""
    if connection.in_atomic_block:  # a test marked `transaction=True` commits by itself
        database.follow_commits(monkeypatch)


@pytest.fixture
def files_apart(db, monkeypatch):
    """Refuse that a file be read or written inside a transaction: a store may keep it waiting."""
    outside = len(connection.atomic_blocks)

    def apart(name):
        act = getattr(FileSystemStorage, name)

        def checked(self, *args, **kwargs):
            assert len(connection.atomic_blocks) == outside, f"{name} inside a transaction"
            return act(self, *args, **kwargs)

        monkeypatch.setattr(FileSystemStorage, name, checked)

    for name in ("_open", "_save", "exists"):
        apart(name)


_KEPT = {"django_content_type", "auth_permission"}  # what the migrations wrote, and no test changes


@functools.cache
def _tables():
    return set(connection.introspection.django_table_names(only_existing=True)) - _KEPT


def _empty_what_was_written(self):
    """Empty the tables that have rows. Django's own empties all, and writes permissions anew."""
    with connection.cursor() as cursor:
        rows = (f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for name in _tables())  # noqa: S608
        cursor.execute(" UNION ALL ".join(rows))
        if written := [name for (name,) in cursor.fetchall()]:
            cursor.execute(f"TRUNCATE {', '.join(written)} CASCADE")


@pytest.fixture(autouse=True, scope="session")
def quick_flush():
    """After a test that commits, empty only what it wrote."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", _empty_what_was_written)
        yield


@pytest.fixture
def shared_data():
    """The folder of real reference data that the repository may not ship."""
    if not SHARED_DATA.is_dir():
        pytest.skip(NOT_SHIPPED)
    return SHARED_DATA


@pytest.fixture(autouse=True)
def closed_network(monkeypatch):
    """Refuse any connection that leaves the machine."""
    connect = socket.socket.connect

    def guarded(self, address):
        if self.family != socket.AF_UNIX and address[0] not in {"127.0.0.1", "::1", "localhost"}:
            raise AssertionError(f"a test tried to reach {address[0]}")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(autouse=True, scope="session")
def suite_folders(tmp_path_factory):
    """Give the suite folders of its own, and passwords that are quick to hash.

    Once: a setting that changes is told to twenty listeners, before each test and after it.
    """
    files = tmp_path_factory.mktemp("files")
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with override_settings(
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        MEDIA_ROOT=files / "media",
        PRIVATE_MEDIA_ROOT=files / "private",
        MAIL_DIR=files / "mail",
        STATIC_ROOT=files,
        TALLY_EVERY_S=0,  # no thread: a test writes the counts itself
        STORAGES=settings.STORAGES | {"staticfiles": plain},
    ):
        yield files


@pytest.fixture(autouse=True)
def private_folders(suite_folders):
    """Let no test find the files of another."""
    yield
    for folder in suite_folders.iterdir():
        shutil.rmtree(folder)


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch):
    """Start each test with an empty memory, and count its changes without asking the database."""
    from emn.lib import page_cache

    class Counted(page_cache.Generations):
        def now(self):
            return (self.own_changes, 0)

    monkeypatch.setattr(page_cache, "_kept", {})
    monkeypatch.setattr(page_cache, "_versions", {})
    monkeypatch.setattr(page_cache, "generations", Counted())
