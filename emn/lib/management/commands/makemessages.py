"""Django's makemessages with the portal's choices: `make messages` is all there is to type."""

import json
import re
from pathlib import Path

import polib
from django.conf import settings
from django.core.management.base import CommandParser
from django.core.management.commands import makemessages

# Data files whose texts a page translates, and the keys that hold them.
DATA_TEXTS = {"emn/accounts/data/retention.json": ("label", "basis", "action")}
# Without a catalogue, Django counts in French as in English: «0 résultats».
SOURCE_HEADER = {
    "Language": settings.LANGUAGE_CODE,
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Transfer-Encoding": "8bit",
    "Plural-Forms": "nplurals=2; plural=(n > 1);",
}


class Command(makemessages.Command):
    """Update the catalogue of each language; French, the source, only has its plurals."""

    msgmerge_options = ["-q", "--backup=none", "--no-fuzzy-matching", "--update"]

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.set_defaults(
            locale=[code for code, _name in settings.LANGUAGES],
            ignore_patterns=["var", "tests", "bench"],
            add_location="file",
            no_obsolete=True,
        )

    def process_files(self, file_list: list[makemessages.TranslatableFile]) -> None:
        """Write the template of the catalogues, with the texts of the data files at its end."""
        super().process_files(file_list)
        template = Path(settings.LOCALE_PATHS[0]) / "django.pot"
        for path, keys in DATA_TEXTS.items():
            rows = json.loads(Path(path).read_text(encoding="utf-8"))
            entries = [
                polib.POEntry(msgid=row[key], occurrences=[(path, "")])
                for row in rows
                for key in keys
            ]
            with template.open("a", encoding="utf-8") as pot:
                pot.write("\n" + "\n".join(str(entry) for entry in entries))

    def write_po_file(self, potfile: str, locale: str) -> None:
        """Bring one catalogue up to date, without the date that would change it at each run."""
        folder = Path(potfile).parent / locale / "LC_MESSAGES"
        if locale == settings.LANGUAGE_CODE:
            folder.mkdir(parents=True, exist_ok=True)
            _write_plurals(potfile, folder / "django.po")
            return
        super().write_po_file(potfile, locale)
        catalogue = folder / "django.po"
        text = catalogue.read_text(encoding="utf-8")
        catalogue.write_text(re.sub(r'"POT-Creation-Date: .*\n', "", text), encoding="utf-8")


def _write_plurals(potfile: str, catalogue: Path) -> None:
    """Write the messages that have a plural, each translated by itself."""
    source = polib.POFile()
    source.header = (
        "Written by `make messages`: the source texts, under the French rule of plurals."
    )
    source.metadata = SOURCE_HEADER
    for entry in polib.pofile(potfile):
        if entry.msgid_plural:
            entry.msgstr_plural = {0: entry.msgid, 1: entry.msgid_plural}
            source.append(entry)
    source.save(str(catalogue))
