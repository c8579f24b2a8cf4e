"""`manage.py sync_diagnostics [--write]`: publish the versions of the referential that lack."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from diagnostics.referential import ReferentialRefused
from diagnostics.services.reference import changes_of_files, sync_diagnostics
from emn.lib.errors import DomainError
from emn.territory.reports import report


class Command(BaseCommand):
    help = "Compare les versions du référentiel aux fichiers livrés ; --write publie les nouvelles."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the option."""
        parser.add_argument("--write", action="store_true", help="écrire les différences")

    def handle(self, *_args: Any, write: bool, **_options: Any) -> None:
        """Show the differences, and write them when asked."""
        try:
            changes = changes_of_files()
            report(self.stdout, sync_diagnostics(write=write), write=write, remarks=changes)
        except (DomainError, ReferentialRefused) as refusal:
            raise CommandError(str(refusal)) from refusal
