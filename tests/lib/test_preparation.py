"""What `runportal` checks and prepares: each refusal, and nothing done twice."""

import os
import socket

import polib
import pytest
from django.core.management import call_command
from django.core.management.base import BaseCommand

from emn.lib import preparation
from emn.lib.management.commands import runportal


def test_check_port_refuses_one_that_is_taken():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(preparation.PortalCannotStart, match=f"{port} est déjà pris.*PORT="):
            preparation.check_port("127.0.0.1", port)


def test_check_port_refuses_one_that_does_not_exist():
    with pytest.raises(preparation.PortalCannotStart, match="n’existe pas"):
        preparation.check_port("127.0.0.1", 70_000)


def test_check_folder_makes_it(tmp_path):
    preparation.check_folder(tmp_path / "a/b")

    assert (tmp_path / "a/b").is_dir()


def test_check_folder_refuses_a_file(tmp_path):
    (tmp_path / "a").touch()

    with pytest.raises(preparation.PortalCannotStart, match="EMN_DATA_DIR"):
        preparation.check_folder(tmp_path / "a/b")


def test_check_folder_refuses_a_disk_that_is_nearly_full(tmp_path):
    with pytest.raises(preparation.PortalCannotStart, match="Libérez de la place"):
        preparation.check_folder(tmp_path, needed_bytes=2**60)


@pytest.mark.django_db
def test_migrate_has_nothing_to_do_on_a_database_up_to_date():
    assert preparation.migrate() is False


def test_compile_catalogues_writes_what_is_missing_or_old(tmp_path):
    folder = tmp_path / "de/LC_MESSAGES"
    folder.mkdir(parents=True)
    catalogue = polib.POFile()
    catalogue.append(polib.POEntry(msgid="Bonjour", msgstr="Guten Tag"))
    catalogue.save(str(folder / "django.po"))

    assert preparation.compile_catalogues([tmp_path]) == 1
    assert preparation.compile_catalogues([tmp_path]) == 0
    os.utime(folder / "django.mo", (0, 0))
    assert preparation.compile_catalogues([tmp_path]) == 1
    assert polib.mofile(str(folder / "django.mo"))[0].msgstr == "Guten Tag"


def test_compile_translations_says_how_many_it_wrote(settings, tmp_path, capsys):
    folder = tmp_path / "de/LC_MESSAGES"
    folder.mkdir(parents=True)
    polib.POFile().save(str(folder / "django.po"))
    settings.LOCALE_PATHS = [tmp_path]

    call_command("compile_translations")

    assert (folder / "django.mo").exists()
    assert capsys.readouterr().out == "Catalogues compilés : 1.\n"


def test_collect_static_runs_only_when_a_file_changed(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    settings.STATIC_ROOT = tmp_path / "gathered"
    source = tmp_path / "source"
    source.mkdir()
    (source / "style.css").write_text("a{}")
    settings.STATICFILES_DIRS = [source]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]

    assert preparation.collect_static() is True
    assert preparation.collect_static() is False
    (source / "style.css").write_text("a{color:red}")
    os.utime(source / "style.css", (4e9, 4e9))  # Django compares dates to the second
    assert preparation.collect_static() is True
    assert (settings.STATIC_ROOT / "style.css").read_text() == "a{color:red}"


@pytest.mark.django_db
def test_first_run_loads_until_it_is_whole_and_never_again(settings, tmp_path, monkeypatch):
    settings.DATA_DIR = tmp_path
    ran = []

    class Load(BaseCommand):
        requires_system_checks = []

        def handle(self, **_options):
            from emn.accounts.models import User

            ran.append(True)
            User.objects.get_or_create(email="a@x.example")

    monkeypatch.setattr(preparation, "get_commands", lambda: {"load": "emn.lib"})
    monkeypatch.setattr("django.core.management.load_command_class", lambda *_: Load())
    monkeypatch.setattr("django.core.management.get_commands", lambda: {"load": "emn.lib"})
    step = {"command": "load", "arguments": [], "fills": "accounts.User"}

    assert preparation.first_run(**step) is True
    assert preparation.first_run(**step) is False
    assert ran == [True]


def test_first_run_skips_a_command_that_does_not_exist():
    assert preparation.first_run(command="no_such", arguments=[], fills="accounts.User") is False


def test_the_catalogues_are_written_before_anything_reads_them(monkeypatch):
    done = []
    for step in ("compile_catalogues", "check_database", "migrate", "collect_static"):
        monkeypatch.setattr(preparation, step, lambda *_given, step=step: done.append(step))

    runportal.Command()._prepare(first_run=[])

    assert done == ["compile_catalogues", "check_database", "migrate", "collect_static"]
