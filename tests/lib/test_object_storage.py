"""Files in a bucket: given by the portal alone, saved and brought back like those of folders."""

from datetime import timedelta

import pytest
from botocore.exceptions import ClientError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage, storages
from django.core.management import CommandError, call_command
from django.test import Client

from emn.accounts.models import User
from emn.lib import bucket
from emn.lib.backups import BackupRefused, copies, services, tables
from emn.lib.backups.keeping import Rule
from emn.lib.outage import is_outage
from tests.lib.object_store import Store
from tests.lib.test_backups import (  # noqa: F401 -- own_settings: for each test
    KEY,
    NOW,
    destroy,
    facts,
    own_settings,
    save,
    write,
)

committed = pytest.mark.django_db(transaction=True)
NIGHT = "2026-11-29T03-00-00Z"


@pytest.fixture
def store():
    with Store() as store:
        yield store
        assert store.refused == 0


@pytest.fixture
def in_bucket(store, settings, own_settings):  # noqa: F811 -- the fixture
    """The portal's settings as EMN_FILES_URL makes them."""
    source = bucket.parse(store.url("portail"))
    settings.STORAGES = settings.STORAGES | {
        name: {
            "BACKEND": "emn.lib.object_storage.ObjectStorage",
            "OPTIONS": {"bucket": source, "folder": folder, "base_url": url},
        }
        for name, folder, url in (("default", "media", "/media/"), ("private", "private", None))
    }
    return store


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://a:b@host/bac", "s3://"),
        ("s3://host/bac", "clé:secret"),
        ("s3://a:b@host/", "bac"),
        ("s3+http://a:b@host.example/bac", "en clair"),
        ("s3://a:b@host:x/bac", "illisible"),
    ],
)
def test_an_address_that_will_not_do_is_refused_without_its_secret(url, told):
    with pytest.raises(ValueError, match=told) as refusal:
        bucket.parse(url)

    assert "a:b" not in str(refusal.value)


def test_an_address_says_all_of_a_bucket():
    found = bucket.parse("s3://a%2Fb:c%3Ad@s3.host.example:9000/bac/un/deux?region=fr-par")

    assert found == bucket.Bucket(
        "https://s3.host.example:9000", "bac", "un/deux", "a/b", "c:d", "fr-par"
    )
    assert "c:d" not in repr(found)


def test_a_file_is_kept_under_a_name_of_its_own_and_deleted(in_bucket):
    first = default_storage.save("logos/été.webp", ContentFile(b"one"))
    second = default_storage.save("logos/été.webp", ContentFile(b"two"))

    assert in_bucket.objects == {
        f"portail/media/{first}": b"one", f"portail/media/{second}": b"two",
    }  # fmt: skip
    with default_storage.open(first) as file:
        assert file.read() == b"one"

    default_storage.delete(first)

    assert not default_storage.exists(first)


def test_a_picture_is_given_by_the_portal_and_a_private_file_has_no_address(in_bucket, db):
    name = default_storage.save("logos/a.webp", ContentFile(b"picture"))
    private = storages["private"].save("a.pdf", ContentFile(b"%PDF"))

    answer = Client().get(default_storage.url(name))

    assert (b"".join(answer.streaming_content), answer["Content-Length"]) == (b"picture", "7")
    answer.close()
    assert Client().get("/media/logos/b.webp").status_code == 404
    assert Client().get("/media/../private/a.webp").status_code == 404
    with pytest.raises(ValueError, match="not accessible"):
        storages["private"].url(private)


def test_a_picture_whose_name_the_store_refuses_is_not_found(in_bucket):
    long = f"{'a' * 200}.webp"
    in_bucket.objects[f"portail/media/{long}"] = b"picture"
    in_bucket.answers = {"portail/media/400.webp": 400, "portail/media/403.webp": 403}

    answers = [Client().get(f"/media/{name}") for name in (long, "400.webp", "403.webp")]

    assert [answer.status_code for answer in answers] == [404] * 3


@pytest.mark.parametrize(("status", "away"), [(500, True), (503, True), (400, False)])
def test_a_store_that_says_it_cannot_is_an_outage(status, away):
    error = ClientError({"ResponseMetadata": {"HTTPStatusCode": status}}, "GetObject")

    assert is_outage(error) is away


def test_a_store_that_is_away_is_an_outage(settings, in_bucket):
    settings.STORAGES = settings.STORAGES | {
        "default": {
            "BACKEND": "emn.lib.object_storage.ObjectStorage",
            "OPTIONS": {
                "bucket": bucket.parse("s3+http://a:b@127.0.0.1:9/bac"),
                "folder": "media",
                "base_url": "/media/",
            },
        }
    }

    with pytest.raises(Exception, match="Could not connect") as away:
        default_storage.exists("a.webp")

    assert is_outage(away.value)


@pytest.fixture
def portal(own_settings, db):  # noqa: F811 -- the fixture
    """A portal with an account and files of both kinds."""
    User.objects.create_user("p@emn.example", "un-mot-de-passe-correct")
    default_storage.save("logos/déjà vu.webp", ContentFile(b"\x00\xff" * 3000))
    default_storage.save("logos/b.webp", ContentFile(b"b"))
    storages["private"].save("invoices/2026/f1.pdf", ContentFile(b"%PDF"))


@committed
def test_files_of_a_bucket_are_saved_and_brought_back(in_bucket, portal, settings, tmp_path):
    before, kept = dict(in_bucket.objects), facts()
    folder = save(tmp_path)
    destroy(settings)
    in_bucket.objects.clear()
    in_bucket.objects["portail/media/logos/newer.webp"] = b"newer"
    in_bucket.objects["other/a"] = b"not ours"

    manifest = services.restore(folder=folder, replace=True, now=NOW)

    assert manifest.file_count == 3
    assert in_bucket.objects == before | {"other/a": b"not ours"}
    assert facts() == kept


@committed
def test_a_portal_moves_from_a_folder_to_a_bucket_by_a_backup(settings, store, tmp_path):
    for name in ("logos/a.webp", "logos.webp", "logos/b/c.webp", "a.webp"):
        write(settings.MEDIA_ROOT, name, name.encode())
    folder = save(tmp_path)
    source = bucket.parse(store.url())
    settings.STORAGES = settings.STORAGES | {
        "default": {
            "BACKEND": "emn.lib.object_storage.ObjectStorage",
            "OPTIONS": {"bucket": source, "folder": "media", "base_url": "/media/"},
        }
    }

    manifest = services.restore(folder=folder, replace=True, now=NOW)
    again = services.check(folder=save(tmp_path, now=NOW + timedelta(hours=1)))

    assert store.objects["media/logos/b/c.webp"] == b"logos/b/c.webp"
    assert again.files["media"].count == 4
    assert again.files["media"].content_sha256 == manifest.files["media"].content_sha256


@pytest.fixture
def few_tables(monkeypatch):
    """A backup of a few tables, where what is copied matters and not how much."""
    some = dict([*tables.columns().items()][:5])
    monkeypatch.setattr(tables, "columns", lambda: some)


@committed
@pytest.mark.usefixtures("portal")
def test_a_backup_is_copied_read_again_and_brought_back_from_the_copy(
    store, settings, tmp_path, capsys
):
    settings.BACKUP_BUCKET = bucket.parse(store.url("copies"))
    before, here = facts(), tmp_path / "backups"
    call_command("backup", str(here))
    name = next(path.name for path in here.iterdir() if path.name[0] != ".")
    sealed = {f"copies/{name}/{path.name}": path.read_bytes() for path in (here / name).iterdir()}
    destroy(settings)

    call_command("backup", str(tmp_path / "elsewhere"), "--check", "--copy")
    call_command("restore", str(tmp_path / "elsewhere"), "--from-copy")

    assert store.objects == sealed
    assert facts() == before
    assert "Copiée dans le bac bac, et relue." in capsys.readouterr().out


@committed
def test_old_copies_go_by_the_rule_and_what_was_interrupted_is_none(
    portal, few_tables, store, tmp_path
):
    where = bucket.parse(store.url("copies"))
    for name in ("2026-11-27T03-00-00Z", "2026-11-28T03-00-00Z"):
        store.objects[f"copies/{name}/manifest.json"] = b"{}"
    store.objects["copies/2026-11-28T04-00-00Z/table-x.sealed"] = b"half"
    store.objects["copies/notes/manifest.json"] = b"somebody else's"

    gone = copies.send(backup=save(tmp_path), to=where, rule=Rule(1, 1, 1), key=KEY)

    assert gone == ["2026-11-27T03-00-00Z", "2026-11-28T03-00-00Z"]
    assert {name.split("/")[1] for name in store.objects} == {NIGHT, "notes"}


@committed
def test_a_copy_that_was_altered_or_cannot_be_made_is_told(
    portal, few_tables, store, settings, tmp_path
):
    where = bucket.parse(store.url("copies"))
    copies.send(backup=save(tmp_path), to=where, rule=Rule(), key=KEY)
    file = f"copies/{NIGHT}/files-media.sealed"
    store.objects[file] = store.objects[file][:-1] + b"\x00"

    with pytest.raises(BackupRefused, match=r"files-media\.sealed a été modifiée"):
        copies.check(source=where, into=tmp_path, key=KEY)
    settings.BACKUP_BUCKET = bucket.parse(store.url("copies", secret="un autre"))
    with pytest.raises(CommandError, match="EMN_BACKUP_URL"):
        call_command("backup", str(tmp_path / "more"))
    assert store.refused > 0
    store.refused = 0
    settings.BACKUP_BUCKET = None
    with pytest.raises(CommandError, match="donnez EMN_BACKUP_URL"):
        call_command("restore", str(tmp_path), "--from-copy")
