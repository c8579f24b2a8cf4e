"""`manage.py sync_surveys [--write]`: publish the questionnaires of surveys that lack."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from emn.lib.errors import DomainError
from emn.territory.reports import report
from observatory.services.surveys.reference import sync_surveys


class Command(BaseCommand):
    help = "Compare les questionnaires d’enquête aux fichiers livrés ; --write publie les nouveaux."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the option."""
        parser.add_argument("--write", action="store_true", help="écrire les différences")

    def handle(self, *_args: Any, write: bool, **_options: Any) -> None:
        """Show the differences, and write them when asked."""
        try:
            report(self.stdout, sync_surveys(write=write), write=write)
        except DomainError as refusal:
            raise CommandError(refusal.message) from refusal
