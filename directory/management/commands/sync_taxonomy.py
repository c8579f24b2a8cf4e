"""`manage.py sync_taxonomy [--write]`: bring families and services in line with the data file."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from directory.services.taxonomy import sync_taxonomy
from emn.territory.reports import report


class Command(BaseCommand):
    help = "Compare les services de l’annuaire au fichier livré ; --write écrit les différences."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the option."""
        parser.add_argument("--write", action="store_true", help="écrire les différences")

    def handle(self, *_args: Any, write: bool, **_options: Any) -> None:
        """Show the differences, and write them when asked."""
        report(self.stdout, sync_taxonomy(write=write), write=write)
