"""`manage.py seed_indicators`: the observatory of the demonstration."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from observatory.demo_register import write_demo_register
from observatory.services import charts, indicators


class Command(BaseCommand):
    """Publish every indicator, on an invented register where there is none."""

    help = "Publie les indicateurs de la démonstration, sur un registre inventé s’il n’y en a pas."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Write register, releases and charts."""
        if not settings.DEMO:
            raise CommandError("Les données de démonstration n’entrent pas en production.")
        now = timezone.now()
        units = write_demo_register(now=now)
        published = indicators.refresh(now=now)
        charts.draw_missing()
        self.stdout.write(f"{units} établissements inventés, {published} indicateurs publiés.")
