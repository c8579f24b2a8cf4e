"""`manage.py seed_visits`: an adviser and a visit of the demonstration, written by the services."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from diagnostics.demo import write_demo_visits


class Command(BaseCommand):
    """Make the agent an adviser with a visit to come; a second run adds nothing."""

    help = "Fait de l’agent de démonstration un conseiller, avec une visite à venir."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Write them."""
        if not settings.DEMO:
            raise CommandError("Les données de démonstration n’entrent pas en production.")
        self.stdout.write(f"{write_demo_visits(now=timezone.now())} visite fictive.")
