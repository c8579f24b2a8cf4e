"""`manage.py seed_surveys`: the surveys of the demonstration, led by the services."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from observatory.demo_surveys import write_demo_surveys


class Command(BaseCommand):
    """Publish a barometer of invented answers; a second run adds nothing."""

    help = "Écrit des enquêtes et un baromètre de démonstration, tous fictifs."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Write them."""
        if not settings.DEMO:
            raise CommandError("Les données de démonstration n’entrent pas en production.")
        self.stdout.write(f"{write_demo_surveys(now=timezone.now())} enquêtes fictives.")
