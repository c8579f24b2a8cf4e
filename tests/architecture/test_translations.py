"""Each sentence of the portal has its German and its English, and the catalogues know them all."""

import re
import shutil
from datetime import date
from pathlib import Path

import allauth
import polib
import pytest
from django.conf import settings as portal_settings
from django.core.management import call_command
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import ngettext

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("emn", "directory", "events", "diagnostics", "observatory", "templates")
LANGUAGES = [code for code, _name in portal_settings.LANGUAGES]
TRANSLATIONS = [code for code in LANGUAGES if code != portal_settings.LANGUAGE_CODE]
# What a translation must carry over as it is: placeholders, tags and addresses.
KEPT = re.compile(r"%(?:\(\w+\))?[ds%]|</?\w+|https?://[^\s\"<]*|mailto:")
FRENCH_SIGNS = re.compile(r"[«»]|\s[:;!?]")
BREAKABLE = re.compile(r" [:;!?»]|« ")  # a space where French wants one that does not break


def catalogue(root, language):
    return polib.pofile(str(root / "locale" / language / "LC_MESSAGES" / "django.po"))


def forms(entry):
    """Yield each form of a message with the source it translates."""
    if entry.msgid_plural:
        yield entry.msgid, entry.msgstr_plural.get(0, "")
        yield entry.msgid_plural, entry.msgstr_plural.get(1, "")
    else:
        yield entry.msgid, entry.msgstr


def messages(catalogue):
    return {(entry.msgctxt, entry.msgid, entry.msgid_plural) for entry in catalogue}


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_catalogue_is_complete(language):
    entries = catalogue(ROOT, language)

    missing = [entry.msgid for entry in entries if any(not said for _, said in forms(entry))]
    fuzzy = [entry.msgid for entry in entries.fuzzy_entries()]

    assert (missing, fuzzy, entries.obsolete_entries()) == ([], [], [])


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_translation_keeps_placeholders_and_tags(language):
    changed = [
        said
        for entry in catalogue(ROOT, language)
        for source, said in forms(entry)
        if "nowrap" not in source and sorted(KEPT.findall(source)) != sorted(KEPT.findall(said))
    ]

    assert changed == []


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_translation_leaves_french_typography_to_french(language):
    french = [
        said
        for entry in catalogue(ROOT, language)
        for _, said in forms(entry)
        if FRENCH_SIGNS.search(said)
    ]

    assert french == []


def test_french_breaks_no_line_before_a_double_sign():
    sources = [source for entry in catalogue(ROOT, TRANSLATIONS[0]) for source, _ in forms(entry)]

    assert [source for source in sources if BREAKABLE.search(source)] == []


@pytest.mark.skipif(shutil.which("xgettext") is None, reason="xgettext (gettext) is not installed")
def test_catalogues_know_every_message_of_the_source(tmp_path, monkeypatch, settings):
    for folder in (*SOURCES, "locale"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    monkeypatch.chdir(tmp_path)
    settings.LOCALE_PATHS = [tmp_path / "locale"]

    call_command("makemessages", verbosity=0)

    for language in LANGUAGES:
        extracted, kept = catalogue(tmp_path, language), catalogue(ROOT, language)
        assert messages(extracted) ^ messages(kept) == set(), f"{language}: run `make messages`"


def test_what_replaces_allauth_is_still_what_allauth_says():
    theirs = Path(allauth.__file__).parent
    german = Path("locale") / "de" / "LC_MESSAGES" / "django.po"

    replaced = messages(
        polib.pofile(str(ROOT / "locale" / "allauth" / german.relative_to("locale")))
    )

    assert replaced - messages(polib.pofile(str(theirs / german))) == set()


@pytest.mark.parametrize(
    ("language", "written"),
    [("fr", "3 mars 2026"), ("de", "3. März 2026"), ("en", "3 March 2026")],
)
def test_dates_are_written_as_each_language_writes_them(language, written):
    with translation.override(language):
        assert date_format(date(2026, 3, 3), "DATE_FORMAT") == written


def test_french_says_zero_in_the_singular():
    with translation.override("fr"):
        said = ngettext("%(n)d jour", "%(n)d jours", 0)

    assert said == "%(n)d jour"
