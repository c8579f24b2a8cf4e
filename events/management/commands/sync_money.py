"""`manage.py sync_money [--write]`: add the VAT rules and products that the portal lacks."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from emn.territory.reports import report
from events.services.reference import sync_money


class Command(BaseCommand):
    help = "Compare règles de TVA et produits au fichier livré ; --write ajoute ce qui manque."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the option."""
        parser.add_argument("--write", action="store_true", help="écrire les différences")

    def handle(self, *_args: Any, write: bool, **_options: Any) -> None:
        """Show the differences, and write them when asked."""
        report(self.stdout, sync_money(write=write), write=write)
