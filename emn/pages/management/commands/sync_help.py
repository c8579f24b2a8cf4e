"""`manage.py sync_help`: write the help that the portal ships, where staff has not written."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from emn.pages.services import help as services


class Command(BaseCommand):
    """What a person of the centre has written stays theirs."""

    help = "Écrit les pages d’aide livrées avec le portail ; --write les publie."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say whether to write."""
        parser.add_argument("--write", action="store_true", help="écrire")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print what is due, or write it."""
        if options["write"]:
            count = services.sync(now=timezone.now(), tell=self.stderr.write)
            self.stdout.write(f"{count} textes d’aide écrits.")
            return
        for slug, language in services.stale():
            self.stdout.write(f"+ {slug} ({language})")
