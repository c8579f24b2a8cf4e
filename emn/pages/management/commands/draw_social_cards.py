"""`manage.py draw_social_cards`: the centre's own picture; with --all, those of every page."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from emn.pages.services import cards

EVERY = 1_000_000


class Command(BaseCommand):
    """Run after a migration: no page is shared without a picture; a second run adds none."""

    help = "Dessine l’image de partage du centre, dans chaque langue ; --all, celles des pages."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say whether those of the pages too."""
        parser.add_argument("--all", action="store_true", help="celles de toutes les pages")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Draw them."""
        now = timezone.now()
        count = cards.draw_general(now=now)
        if options["all"]:
            count += cards.draw_missing(now=now, limit=EVERY)
        self.stdout.write(f"{count} images de partage dessinées.")
