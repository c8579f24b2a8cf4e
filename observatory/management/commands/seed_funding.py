"""`manage.py seed_funding`: an agreement of the demonstration, open files, promises measured."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from observatory.funder_demo import write_demo_funding


class Command(BaseCommand):
    """Write them; a second run counts again and adds nothing."""

    help = "Écrit une convention de démonstration, les fichiers ouverts et les promesses mesurées."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Write them."""
        if not settings.DEMO:
            raise CommandError("Les données de démonstration n’entrent pas en production.")
        made = write_demo_funding(now=timezone.now())
        self.stdout.write("1 convention fictive." if made else "La convention est déjà là.")
