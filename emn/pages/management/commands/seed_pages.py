"""`manage.py seed_pages`: invented pages and news, written by the services."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from emn.pages.demo import write_demo_pages


class Command(BaseCommand):
    """Fill a portal without pages with those of the demonstration; a second run adds nothing."""

    help = "Remplit de pages et d’actualités de démonstration, toutes fictives."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Write them."""
        if not settings.DEMO:
            raise CommandError("Les données de démonstration n’entrent pas en production.")
        count = write_demo_pages(now=timezone.now())
        self.stdout.write(f"{count} pages et actualités fictives.")
