"""`manage.py sync_territory [--write] [--contours FILE|URL]`: bring the reference data in line."""

from pathlib import PurePosixPath
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from emn.territory.geometry.contours import ContoursRefused
from emn.territory.geometry.download import fetch
from emn.territory.reports import report
from emn.territory.services import outlines, reference

LONGEST_SOURCE = 200  # characters, as the column holds


class Command(BaseCommand):
    help = "Compare communes, EPCI et NAF aux fichiers livrés ; --write écrit les différences."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--write", action="store_true", help="écrire les différences")
        parser.add_argument(
            "--contours",
            metavar="FICHIER|URL",
            help="contours officiels des communes, en GeoJSON (degrés) : un fichier ou une "
            "adresse https ; sans eux, des contours schématiques sont calculés",
        )
        parser.add_argument(
            "--source",
            help="d’où viennent ces contours et leur millésime, pour les lecteurs des cartes "
            "(« IGN, Admin Express 2026 ») ; sans elle, le nom du fichier",
        )

    def handle(
        self, *_args: Any, write: bool, contours: str | None, source: str | None, **_options: Any
    ) -> None:
        """Show the differences, and write them when asked."""
        try:
            content = fetch(contours) if contours else None
            diffs = reference.sync_reference(write=write)
            outlines_diff, remarks = outlines.sync_outlines(
                write=write,
                contours=content,
                source=(source or PurePosixPath(contours or "").name)[:LONGEST_SOURCE],
            )
        except ContoursRefused as refused:
            raise CommandError(refused.message) from refused
        diffs.append(outlines_diff)
        report(self.stdout, diffs, remarks=remarks, write=write)
