"""`manage.py publish_indicators`: what the night does, now; `--redraw` draws the last ones anew."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from observatory.models import Release
from observatory.services import charts, indicators


class Command(BaseCommand):
    """Publish what changed."""

    help = "Publie les indicateurs qui ont changé, et dessine leurs graphiques."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the option."""
        parser.add_argument(
            "--redraw", action="store_true", help="redessiner les dernières versions"
        )

    def handle(self, *_args: Any, redraw: bool, **_options: Any) -> None:
        """Publish, then draw."""
        published = indicators.refresh(now=timezone.now())
        if redraw:
            for release in Release.objects.latest_of_each():
                charts.draw(release_id=release.pk)
        charts.draw_missing()
        self.stdout.write(f"{published} indicateurs publiés.")
