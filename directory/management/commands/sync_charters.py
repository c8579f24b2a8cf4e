"""`manage.py sync_charters [--write]`: bring the versions of the charter in line with the files."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from directory.services.charter import sync_charters
from emn.lib.errors import DomainError
from emn.territory.reports import report


class Command(BaseCommand):
    help = "Compare les versions de la charte aux fichiers livrés ; --write écrit les différences."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the option."""
        parser.add_argument("--write", action="store_true", help="écrire les différences")

    def handle(self, *_args: Any, write: bool, **_options: Any) -> None:
        """Show the differences, and write them when asked."""
        try:
            report(self.stdout, sync_charters(write=write), write=write)
        except DomainError as refusal:
            raise CommandError(refusal.message) from refusal
