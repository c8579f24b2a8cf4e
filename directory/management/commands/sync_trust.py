"""`manage.py sync_trust [--write]`: bring the first version of the formula, when none is there."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from directory.services.trust_versions import sync_first_version
from emn.territory.reports import report


class Command(BaseCommand):
    help = "Compare les versions de la formule à la première, livrée ; --write l’écrit."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the option."""
        parser.add_argument("--write", action="store_true", help="écrire les différences")

    def handle(self, *_args: Any, write: bool, **_options: Any) -> None:
        """Show the difference, and write it when asked."""
        diff = sync_first_version(write=write, now=timezone.now())
        report(self.stdout, [diff], write=write)
