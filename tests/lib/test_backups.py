"""A portal is saved, destroyed and brought back; whatever is amiss with a backup is refused."""

import errno
import hashlib
import json
import resource
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from emn.accounts.models import User
from emn.lib.backups import BackupRefused, files, services, tables
from emn.lib.backups.keeping import Rule
from emn.lib.backups.sealing import Broken
from emn.mailings.models import OutboundEmail

pytestmark = pytest.mark.django_db(transaction=True)

KEY = "une clé au hasard, de plus de trente-deux signes"
NOW = datetime(2026, 11, 29, 3, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def own_settings(settings, tmp_path):
    """A key, and a private storage of the test's own."""
    settings.BACKUP_KEY = KEY
    private = settings.STORAGES["private"]
    settings.STORAGES = settings.STORAGES | {
        "private": private | {"OPTIONS": {"location": settings.PRIVATE_MEDIA_ROOT}}
    }


@pytest.fixture
def portal(settings):
    """A portal with people, a message in many languages, and files of both kinds."""
    for number in range(3):
        User.objects.create_user(f"p{number}@emn.example", "un-mot-de-passe-correct")
    OutboundEmail.objects.create(
        kind="test",
        message_id="<1@emn.example>",
        to_email="elise@emn.example",
        mailbox_hash="0" * 64,
        from_email="emn@emn.example",
        subject="Été",
        text_body="ligne\n\ttabulation \\. \\N « fin »\r\n",
        headers={"a": ["b", None]},
        language="fr",
        created_at=NOW,
        next_attempt_at=NOW,
    )
    write(settings.MEDIA_ROOT, "logos/a.webp", b"\x00\xff" * 3000)
    write(settings.MEDIA_ROOT, "logos/déjà vu.png", b"picture")
    write(settings.PRIVATE_MEDIA_ROOT, "invoices/2026/f1.pdf", b"%PDF")


def write(root, name, content):
    path = Path(root) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def save(folder, *, now=NOW, rule=Rule()):  # noqa: B008 -- frozen
    manifest, _removed = services.backup(folder=folder / "backups", rule=rule, now=now)
    return folder / "backups" / manifest.id


def facts():
    """The rows of each table, by digest, and the files."""
    found = {}
    for name, columns in tables.columns().items():
        digest = StringLines()
        tables.copy_out(name, columns, digest)
        found[name] = digest.told()
    for name in files.STORAGES:
        for entry in files.place_of(name).entries():
            with entry.open()[0] as content:
                found[name, entry.name] = content.read()
    return found


class StringLines:
    def __init__(self):
        self.lines = []

    def write(self, data):
        self.lines.append(data)
        return len(data)

    def told(self):
        rows = b"".join(self.lines).splitlines()
        return len(rows), hashlib.sha256(b"\n".join(sorted(rows))).hexdigest()


def destroy(settings):
    with connection.cursor() as cursor:
        names = ", ".join(f'"{name}"' for name in tables.columns() if "migrations" not in name)
        cursor.execute(f"TRUNCATE {names} RESTART IDENTITY CASCADE")
    for root in (settings.MEDIA_ROOT, settings.PRIVATE_MEDIA_ROOT):
        for path in sorted(Path(root).rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()


def test_restore_brings_back_every_row_and_file(portal, settings, tmp_path):
    before = facts()
    folder = save(tmp_path)
    destroy(settings)

    manifest = services.restore(folder=folder, replace=False, now=NOW)

    assert facts() == before
    assert manifest.tables["accounts_user"].count == 3
    assert manifest.file_count == 3


def test_a_backup_of_what_was_restored_is_the_same_backup(portal, settings, tmp_path):
    first = save(tmp_path)
    destroy(settings)
    manifest = services.restore(folder=first, replace=False, now=NOW)

    again = services.check(folder=save(tmp_path, now=NOW + timedelta(hours=1)))

    assert again.sequences == manifest.sequences != {}
    for kind in ("tables", "files"):
        before, after = getattr(manifest, kind), getattr(again, kind)
        assert {n: p.content_sha256 for n, p in after.items()} == {
            n: p.content_sha256 for n, p in before.items()
        }
    assert User.objects.create_user("next@emn.example").pk > User.objects.order_by("pk")[0].pk
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_trigger WHERE tgenabled <> 'O'")
        assert cursor.fetchone() == (0,)


def test_a_second_backup_of_what_was_restored_has_the_same_digests(portal, settings, tmp_path):
    folder = save(tmp_path)
    first = services.check(folder=folder)
    destroy(settings)
    services.restore(folder=folder, replace=False, now=NOW)

    second = services.check(folder=save(tmp_path, now=NOW + timedelta(hours=1)))

    def digests(manifest):
        parts = manifest.tables | manifest.files
        return {name: (part.count, part.content_sha256) for name, part in parts.items()}

    assert digests(second) == digests(first)


def test_nothing_of_anyone_can_be_read_in_a_backup(portal, tmp_path):
    folder = save(tmp_path)

    content = b"".join(path.read_bytes() for path in folder.iterdir())

    assert b"emn.example" not in content
    assert b"f1.pdf" not in content
    assert folder.stat().st_mode & 0o077 == 0


def test_sessions_are_left_out(portal, client, settings, tmp_path):
    folder = save(tmp_path)
    client.force_login(User.objects.get(email="p0@emn.example"))

    services.restore(folder=folder, replace=True, now=NOW)

    assert client.get("/compte/").status_code == 302


def test_restore_refuses_a_portal_in_use_and_touches_nothing(portal, settings, tmp_path):
    folder = save(tmp_path)
    User.objects.create_user("new@emn.example")
    before = facts()

    with pytest.raises(BackupRefused, match="--replace"):
        services.restore(folder=folder, replace=False, now=NOW)

    assert facts() == before


def test_restore_with_replace_forgets_what_came_since(portal, settings, tmp_path):
    before = facts()
    folder = save(tmp_path)
    User.objects.create_user("new@emn.example")
    write(settings.MEDIA_ROOT, "logos/new.webp", b"new")
    write(settings.MEDIA_ROOT, "logos/a.webp", b"other")

    services.restore(folder=folder, replace=True, now=NOW)

    assert facts() == before


def test_a_restore_that_fails_leaves_the_portal_as_it_was(portal, settings, tmp_path):
    """A row that breaks a rule of the database, in a backup that is otherwise sound."""
    folder = save(tmp_path)
    before = facts()
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE accounts_user ADD CONSTRAINT accounts_user_test "
            "CHECK (email <> 'p1@emn.example') NOT VALID"
        )
    try:
        with pytest.raises(Exception, match="accounts_user_test"):
            services.restore(folder=folder, replace=True, now=NOW)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE accounts_user DROP CONSTRAINT accounts_user_test")

    assert facts() == before


@pytest.mark.parametrize("file", ["table-accounts_user.sealed", "files-private.sealed"])
def test_a_truncated_file_is_refused(portal, tmp_path, file):
    folder = save(tmp_path)
    path = folder / file
    path.write_bytes(path.read_bytes()[:-1])

    with pytest.raises(BackupRefused, match=f"{file} est tronqué"):
        services.restore(folder=folder, replace=True, now=NOW)


@pytest.mark.parametrize("file", ["table-accounts_user.sealed", "files-private.sealed"])
def test_an_altered_file_is_refused(portal, tmp_path, file):
    folder = save(tmp_path)
    data = bytearray((folder / file).read_bytes())
    data[-1] ^= 1
    (folder / file).write_bytes(data)

    with pytest.raises(BackupRefused, match=f"{file} a été modifié"):
        services.restore(folder=folder, replace=True, now=NOW)


def test_the_file_of_another_backup_is_refused(portal, tmp_path):
    first = save(tmp_path)
    second = save(tmp_path, now=NOW + timedelta(days=1))
    file = "table-accounts_user.sealed"
    (second / file).write_bytes((first / file).read_bytes())

    with pytest.raises(BackupRefused, match="accounts_user"):
        services.check(folder=second)


def test_a_missing_file_is_refused(portal, tmp_path):
    folder = save(tmp_path)
    (folder / "files-media.sealed").unlink()

    with pytest.raises(BackupRefused, match=r"Il manque le fichier files-media\.sealed"):
        services.check(folder=folder)


def test_a_manifest_that_was_written_over_is_refused(portal, tmp_path):
    folder = save(tmp_path)
    sheet = json.loads((folder / "manifest.json").read_text())
    del sheet["body"]["tables"]["accounts_user"]
    (folder / "manifest.json").write_text(json.dumps(sheet))

    with pytest.raises(BackupRefused, match=r"manifeste .* a été modifié"):
        services.check(folder=folder)


def test_another_key_is_refused(portal, settings, tmp_path):
    folder = save(tmp_path)
    settings.BACKUP_KEY = f"{KEY}, une autre"

    with pytest.raises(BackupRefused, match="n’est pas celle de cette sauvegarde"):
        services.restore(folder=folder, replace=True, now=NOW)


@pytest.mark.parametrize("key", ["", "trop courte"])
def test_a_missing_or_short_key_is_refused(settings, tmp_path, key):
    settings.BACKUP_KEY = key

    with pytest.raises(BackupRefused, match="EMN_BACKUP_KEY"):
        save(tmp_path)


def test_another_version_of_the_portal_is_refused(portal, tmp_path):
    folder = save(tmp_path)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('x', 'y', now())"
        )
    try:
        with pytest.raises(BackupRefused, match=r"autre version du portail \(x\.y\)"):
            services.restore(folder=folder, replace=True, now=NOW)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM django_migrations WHERE app = 'x'")


def test_another_format_is_refused(portal, tmp_path):
    folder = save(tmp_path)
    sheet = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(sheet | {"format": 2}))

    with pytest.raises(BackupRefused, match="format"):
        services.check(folder=folder)


def test_a_full_disk_is_refused_and_leaves_no_backup(portal, settings, tmp_path):
    write(settings.MEDIA_ROOT, "large.webp", bytes(3_000_000))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, hard))
    try:
        with pytest.raises(BackupRefused, match="est plein"):
            save(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert [path.name for path in (tmp_path / "backups").iterdir()] == [".lock"]


def test_what_a_dead_backup_left_is_never_taken_for_one(portal, tmp_path):
    half = tmp_path / "backups" / ".partial-2026-11-28T03-00-00Z"
    half.mkdir(parents=True)
    (half / "manifest.json").write_text("{}")

    with pytest.raises(BackupRefused, match="aucune sauvegarde"):
        services.latest(tmp_path / "backups")
    save(tmp_path)

    assert not half.exists()


def test_old_backups_go_by_the_rule_and_other_files_stay(portal, tmp_path):
    rule = Rule(days=1, weeks=0, months=0)
    old = save(tmp_path, rule=rule)
    folder = old.parent
    (folder / "notes.txt").touch()

    manifest, removed = services.backup(folder=folder, rule=rule, now=NOW + timedelta(days=1))

    assert removed == [old.name]
    assert sorted(path.name for path in folder.iterdir()) == [".lock", manifest.id, "notes.txt"]
    assert services.latest(folder).name == manifest.id


def test_one_backup_at_a_time(portal, tmp_path):
    with (
        services._alone_in(tmp_path / "backups"),
        pytest.raises(BackupRefused, match="déjà en cours"),
    ):
        save(tmp_path)


def test_a_running_portal_is_told_to_stop(portal, tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "_LOCK_TIMEOUT", "50ms")
    folder = save(tmp_path)
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT count(*) FROM accounts_user")
        try:
            with pytest.raises(BackupRefused, match="arrêtez le site"):
                services.restore(folder=folder, replace=True, now=NOW)
        finally:
            cursor.execute("ROLLBACK")
            other.close()


def test_commands_say_what_they_did(portal, settings, tmp_path):
    said = StringIO()

    call_command("backup", tmp_path / "backups", stdout=said)
    call_command("backup", tmp_path / "backups", check=True, stdout=said)
    call_command("restore", tmp_path / "backups", replace=True, stdout=said)

    lines = said.getvalue().splitlines()
    assert len(lines) == 4
    assert all(" vérifiée : " in line for line in lines[:3])
    assert "3 fichiers" in lines[3]
    with pytest.raises(CommandError, match="aucune sauvegarde"):
        call_command("restore", tmp_path / "absent")


def test_disk_errors_of_other_kinds_rise():
    with pytest.raises(OSError, match="boom"), services._disk(Path("/x")):
        raise OSError(errno.EIO, "boom")


def test_envois_under_way_are_held_after_a_restore():
    from emn.mailings.services.campaigns import hold_after_restore

    assert hold_after_restore in services.after_restore
    assert hold_after_restore(timezone.now()) == 0


def test_a_disk_that_fills_while_rows_are_written_is_refused():
    class Full:
        def write(self, _data):
            raise OSError(errno.ENOSPC, "No space left on device")

    columns = tables.columns()["auth_permission"]

    with pytest.raises(BackupRefused, match="est plein"), services._disk(Path("/x")):
        tables.copy_out("auth_permission", columns, Full())


def test_rows_that_turn_out_broken_while_they_are_read_change_nothing(portal):
    class Cut:
        def read(self, _size=-1):
            raise Broken("table-accounts_user.sealed")

    before = facts()

    with pytest.raises(Exception, match=r"sealed|COPY"), tables.refill(list(tables.columns()), {}):
        tables.copy_in("accounts_user", tables.columns()["accounts_user"], Cut())

    assert facts() == before
