"""`manage.py write_open_data`: write the open files and measure the promises now."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from observatory.services import open_data, promises


class Command(BaseCommand):
    """What the worker does each night, without waiting for it."""

    help = "Écrit les fichiers de données ouvertes et mesure les promesses du jour."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Measure first: the readings are a data set too."""
        now = timezone.now()
        promises.measure(now=now)
        self.stdout.write(f"Fichiers changés : {open_data.write_all(now=now)}.")
