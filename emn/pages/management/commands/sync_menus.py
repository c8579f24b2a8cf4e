"""`manage.py sync_menus`: give the menus the pages that the portal registers."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from emn.pages.enums import MenuPlace
from emn.pages.menus import registered
from emn.pages.models import MenuEntry
from emn.pages.services import menus


class Command(BaseCommand):
    """What staff set stays; a page that is new to the portal comes last."""

    help = "Ajoute aux menus les pages du portail qui n’y sont pas ; --write les écrit."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say whether to write."""
        parser.add_argument("--write", action="store_true", help="écrire")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print what is missing, or add it."""
        if options["write"]:
            self.stdout.write(f"{menus.sync()} entrées ajoutées.")
            return
        known = set(MenuEntry.objects.values_list("place", "url_name"))
        for place in MenuPlace:
            for item in registered(place):
                if (place.value, item.url_name) not in known:
                    self.stdout.write(f"+ {place.label} : {item.url_name}")
