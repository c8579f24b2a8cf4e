"""`manage.py import_sirene [--write] FILE…`: compare the register with INSEE's stock files."""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from tqdm import tqdm

from emn.territory.services import register
from emn.territory.services.register import Comparison
from emn.territory.services.register_tables import TableChange


class Command(BaseCommand):
    help = (
        "Compare le registre aux fichiers StockEtablissement et StockUniteLegale de l’INSEE "
        "(csv, gz ou zip) ; --write écrit les différences, toutes ou aucune."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("files", nargs="+", type=Path, metavar="FICHIER")
        parser.add_argument("--write", action="store_true", help="écrire les différences")

    def handle(self, *_args: Any, files: list[Path], write: bool, **_options: Any) -> None:
        """Read, show the differences, and write them when asked."""
        total = sum(path.stat().st_size for path in files if path.is_file())
        with tqdm(
            total=total, unit="o", unit_scale=True, desc="Lecture", disable=not sys.stderr.isatty()
        ) as bar:
            try:
                result = register.import_register(
                    paths=files,
                    write=write,
                    now=timezone.now(),
                    show=self._show,
                    progress=bar.update,
                )
            except register.ImportRefused as refusal:
                raise CommandError(refusal.message) from refusal
        if result.is_empty:
            self.stdout.write("Rien à changer.")
        elif write:
            self.stdout.write("Écrit.")
        else:
            self.stdout.write("Rien n’est écrit : relancez avec --write.")

    def _show(self, result: Comparison) -> None:
        self.stdout.write(f"Département {result.departement}")
        if result.establishments:
            self._show_table("Établissements", result.establishments)
        if result.legal_units:
            self._show_table("Unités légales", result.legal_units)
            self.stdout.write(f"  établissements renommés ou masqués par là : {result.renamed}")
        if result.rejected:
            self.stdout.write(f"Lignes rejetées : {result.rejected} (voir {result.report})")

    def _show_table(self, title: str, change: TableChange) -> None:
        self.stdout.write(
            f"{title} : {change.read} lus, {change.created} à créer, {change.changed} à changer "
            f"(dont {change.closed} fermés, {change.masked} masqués), {change.returned} revus, "
            f"{change.unseen} absents des fichiers"
        )
