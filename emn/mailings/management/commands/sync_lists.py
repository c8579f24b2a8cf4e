"""`manage.py sync_lists [--write]`: bring mailing lists and topics in line with the data file."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from emn.mailings.services.lists import sync_lists


class Command(BaseCommand):
    help = "Compare les listes de diffusion au fichier livré ; --write écrit les différences."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the option."""
        parser.add_argument("--write", action="store_true", help="écrire les différences")

    def handle(self, *_args: Any, write: bool, **_options: Any) -> None:
        """Show the differences, and write them when asked."""
        diff = sync_lists(write=write)
        if diff.created:
            self.stdout.write(f"À créer : {', '.join(diff.created)}")
        for line in diff.changed:
            self.stdout.write(line)
        if not diff.created and not diff.changed:
            self.stdout.write("Listes de diffusion : rien à changer.")
        elif write:
            self.stdout.write("Listes de diffusion : écrites.")
        else:
            self.stdout.write("Rien n’est écrit : relancez avec --write.")
