"""`manage.py import_bodacc [--write] FILE…`: the notices of insolvency, without asking the API."""

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from directory.enums import InsolvencyState
from directory.services import insolvency
from emn.territory.bodacc import Notice, notice_of

BODACC_BEGINS = date(2009, 1, 1)  # the data set starts in 2008: what begins later proves nothing
SHOWN = 20


class Command(BaseCommand):
    help = (
        "Lit les annonces de procédures collectives exportées du jeu « annonces-commerciales » "
        "(JSON, ou JSON par ligne), depuis 2008 et pour toute la France ou les départements des "
        "signataires ; --write les écrit, toutes ou aucune."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("files", nargs="+", type=Path, metavar="FICHIER")
        parser.add_argument("--write", action="store_true", help="écrire l’état des entreprises")

    def handle(self, *_args: Any, files: list[Path], write: bool, **_options: Any) -> None:
        """Read everything, say what is wrong line by line, then what each company comes to."""
        found, faults = _read(files)
        if faults:
            more = f"\n… et {len(faults) - SHOWN} autres." if len(faults) > SHOWN else ""
            raise CommandError("\n".join(faults[:SHOWN]) + more + "\nRien n’est écrit.")
        first = min((notice.on for notice in found), default=date.max)
        last = max((notice.on for notice in found), default=date.min)
        if first > BODACC_BEGINS:
            raise CommandError(
                "Ces fichiers ne remontent pas à 2008 : ils ne prouvent pas qu’une entreprise n’a "
                "pas d’annonce. Rien n’est écrit."
            )
        self.stdout.write(f"Annonces du {first:%d/%m/%Y} au {last:%d/%m/%Y}.")
        now = timezone.now()
        if not timezone.localdate(now) - insolvency.ANSWER_HOLDS <= last <= timezone.localdate(now):
            raise CommandError("La dernière annonce a plus de 30 jours. Rien n’est écrit.")
        by_siren: dict[str, list[Notice]] = defaultdict(list)
        for notice in found:
            for siren in notice.sirens:
                by_siren[siren].append(notice)
        states = insolvency.note_file(by_siren, on=last, write=write, now=now)
        for siren, state in states.items():
            if state != InsolvencyState.NONE:
                self.stdout.write(f"{siren} : {state.label}")
        self.stdout.write(f"{len(states)} entreprises de la charte.")
        self.stdout.write("Écrit." if write else "Rien n’est écrit : relancez avec --write.")


def _read(files: list[Path]) -> tuple[list[Notice], list[str]]:
    """Return the notices of insolvency of the files, and what cannot be read, line by line."""
    found, faults = [], []
    for path in files:
        for place, row in _rows(path):
            try:
                if row["familleavis"] == "collective":
                    found.append(notice_of(row))
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                faults.append(f"{path.name}, ligne {place} : illisible ({error}).")
    return found, faults


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield (line or place, record) of a JSON list, or of JSON by line. Raises CommandError."""
    try:
        with path.open(encoding="utf-8") as file:
            if file.read(1) == "[":
                file.seek(0)
                yield from enumerate(json.load(file), start=1)
                return
            file.seek(0)
            for place, line in enumerate(file, start=1):
                if line.strip():
                    yield place, json.loads(line)
    except OSError as error:
        raise CommandError(f"{path} : {error.strerror}.") from error
    except ValueError as error:
        raise CommandError(f"{path.name} n’est pas du JSON ({error}). Rien n’est écrit.") from error
