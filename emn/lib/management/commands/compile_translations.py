"""Compile the catalogues without the gettext programs: what the image does when it is built."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from emn.lib.preparation import compile_catalogues


class Command(BaseCommand):
    help = "Compile les catalogues de traduction qui ont changé."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"Catalogues compilés : {compile_catalogues(settings.LOCALE_PATHS)}.")
