"""`manage.py seed_events`: an invented agenda, written by the services."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from events.demo import write_demo_sessions
from events.demo_door import write_demo_door
from events.demo_money import write_demo_orders
from events.demo_rendezvous import write_demo_rendezvous
from events.demo_showrooms import write_demo_showrooms
from events.demo_trainings import write_demo_trainings
from events.services.reference import sync_agenda


class Command(BaseCommand):
    """Fill an empty agenda with demonstration data; a second run adds nothing."""

    help = "Remplit un agenda vide de dates de démonstration, toutes fictives."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Write themes, rooms, sessions and registrations."""
        if not settings.DEMO:
            raise CommandError("Les données de démonstration n’entrent pas en production.")
        sync_agenda(write=True)
        count = write_demo_sessions(now=timezone.now())
        write_demo_door(now=timezone.now())
        write_demo_orders(now=timezone.now())
        write_demo_trainings(now=timezone.now())
        write_demo_rendezvous(now=timezone.now())
        write_demo_showrooms(now=timezone.now())
        self.stdout.write(f"{count} sessions fictives.")
