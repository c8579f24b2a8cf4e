"""Erase personal data older than its retention period."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from emn.accounts import services


class Command(BaseCommand):
    help = "Compte ce que les durées de conservation condamnent ; l’efface avec --write."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take --write."""
        parser.add_argument("--write", action="store_true", help="effacer, au lieu de compter")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print one line per retention period and model."""
        for line in services.purge_personal_data(now=timezone.now(), write=options["write"]):
            self.stdout.write(f"{line.key} {line.model}: {line.due}")
            for reason in line.kept:
                self.stdout.write(f"  {reason}")
        if not options["write"]:
            self.stdout.write("Rien n’a été effacé : relancez avec --write.")
