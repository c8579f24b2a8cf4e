"""`manage.py new_centre FOLDER`: write the folder of a centre, then load it; can be run again."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email

from emn.lib import centre
from emn.lib.centre import Facts
from emn.territory import centre_files


class Command(BaseCommand):
    help = (
        "Ouvre le portail d’un autre centre : noms, territoire, couleurs, courriel, premier agent. "
        "Pose les questions, ou lit --from FICHIER avec --no-input."
    )
    requires_system_checks: list[str] = []  # the database may not be there yet

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("folder", metavar="DOSSIER", type=Path, help="le dossier du centre")
        parser.add_argument("--from", dest="source", type=Path, metavar="FICHIER.toml")
        parser.add_argument(
            "--territory", type=Path, metavar="DOSSIER", help="où sont communes.csv et epci.csv"
        )
        parser.add_argument("--agent", metavar="ADRESSE", help="premier agent de la direction")
        parser.add_argument("--agent-name", default="", metavar="NOM")
        parser.add_argument("--no-input", action="store_true", help="ne pose aucune question")
        parser.add_argument("--no-load", action="store_true", help="écrit le dossier, rien de plus")

    def handle(
        self, *_args: Any, folder: Path, source: Path | None, territory: Path | None,
        agent: str | None, agent_name: str, no_input: bool, no_load: bool, **_options: Any,
    ) -> None:  # fmt: skip
        """Read, ask, check, write, load; nothing is written before all is right."""
        folder = folder.absolute()
        facts = self._known(folder, source)
        if not no_input:
            self._ask(facts)
            territory = territory or self._asked_folder(folder)
            agent = agent or input("Adresse du premier agent (vide : plus tard) : ").strip()
            if agent and not agent_name:
                agent_name = input("Son nom : ").strip()
        self._check(facts, territory or folder, agent)
        self._write(folder, facts, territory)
        if not no_load:
            self._load(folder, agent, agent_name)
        self.stdout.write(f"Pour servir ce centre : EMN_CENTRE_DIR={folder}")

    def _known(self, folder: Path, source: Path | None) -> Facts:
        path = source or folder / centre.FILE
        if source is None and not path.is_file():
            return {}
        try:
            return centre.read(path)
        except ValueError as error:
            raise CommandError(str(error)) from None

    def _ask(self, facts: Facts) -> None:
        for (table, key), (_name, question) in centre.FACTS.items():
            values = facts.setdefault(table, {})
            known = values.get(key, "")
            shown = ",".join(known) if isinstance(known, list) else known
            while not (answer := input(f"{question} [{shown}] : ").strip() or shown):
                self.stdout.write("Il faut une réponse.")
            values[key] = (
                [part.strip() for part in answer.split(",")] if key == "region" else answer
            )
        for mode, words in (("light", "le jour"), ("dark", "la nuit")):
            for token in ("river", "ember"):
                self._ask_colour(facts, mode, words, token)

    def _ask_colour(self, facts: Facts, mode: str, words: str, token: str) -> None:
        chosen = facts.setdefault("colours", {}).setdefault(mode, {})
        while True:
            answer = input(f"Couleur « {token} », {words} [{chosen.get(token, 'du portail')}] : ")
            if not answer.strip():
                return
            wanted = {"colours": {mode: chosen | {token: answer.strip()}}}
            faults = centre.faults_of_colours(wanted, sheet=_sheet())
            if not faults:
                chosen[token] = answer.strip()
                return
            self.stdout.write("\n".join(faults))

    def _asked_folder(self, folder: Path) -> Path | None:
        if (folder / "communes.csv").is_file():
            return None
        return Path(input("Dossier de communes.csv et epci.csv : ").strip())

    def _check(self, facts: Facts, territory: Path, agent: str | None) -> None:
        faults = [f"Il manque {name}." for name in centre.missing_facts(facts)]
        departement = str(facts.get("territory", {}).get("departement", ""))
        if not re.fullmatch(r"[0-9][0-9AB][0-9]?", departement):
            faults.append(f"« {departement} » n’est pas un code de département.")
        for address in filter(None, [facts.get("mail", {}).get("contact"), agent]):
            try:
                validate_email(address)
            except ValidationError:
                faults.append(f"« {address} » n’est pas une adresse.")
        faults += centre.faults_of_colours(facts, sheet=_sheet())
        faults += centre_files.faults(territory, departement=departement)
        if faults:
            raise CommandError("Rien n’est écrit.\n" + "\n".join(faults))

    def _write(self, folder: Path, facts: Facts, territory: Path | None) -> None:
        sheet = folder / "static" / centre.COLOURS
        sheet.parent.mkdir(parents=True, exist_ok=True)
        (folder / centre.FILE).write_text(centre.written(facts), encoding="utf-8")
        self.stdout.write(f"Écrit : {folder / centre.FILE}")
        if words := centre.style_sheet(facts):
            sheet.write_text(words, encoding="utf-8")
            self.stdout.write(f"Écrit : {sheet}")
        else:
            sheet.unlink(missing_ok=True)
        for name in (*centre_files.COLUMNS, "contours.geojson"):
            if territory and territory.absolute() != folder and (territory / name).is_file():
                shutil.copyfile(territory / name, folder / name)
                self.stdout.write(f"Copié : {name}")
        if not (folder / "contours.geojson").is_file():
            self.stdout.write("Sans contours.geojson, les cartes sont schématiques, et le disent.")

    def _load(self, folder: Path, agent: str | None, agent_name: str) -> None:
        contours = folder / "contours.geojson"
        official = ["--contours", str(contours)] if contours.is_file() else []
        self._run(folder, "migrate", "--no-input")
        self._run(folder, "sync_territory", "--write", *official)
        self._run(folder, "sync_taxonomy", "--write")
        for step in settings.AFTER_MIGRATION:
            self._run(folder, *step)
        if agent:
            self._run(folder, "invite_agent", agent, agent_name or agent)

    def _run(self, folder: Path, *step: str) -> None:
        """Run a command under the centre's facts: in a process of its own unless they rule here."""
        if folder == settings.CENTRE_DIR:
            call_command(*step, stdout=self.stdout)
            return
        self.stdout.flush()
        ended = subprocess.run(
            [sys.executable, str(settings.BASE_DIR / "manage.py"), *step],
            env={**os.environ, "EMN_CENTRE_DIR": str(folder)},
            check=False,
        )
        if ended.returncode:
            raise CommandError(
                f"« {step[0]} » a échoué : corrigez, puis relancez la même commande."
            )


def _sheet() -> str:
    return (settings.BASE_DIR / "static" / "css" / "tokens.css").read_text(encoding="utf-8")
