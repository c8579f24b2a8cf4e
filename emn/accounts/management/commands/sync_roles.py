"""Copy the staff roles from the code to the database."""

from typing import Any

from django.core.management.base import BaseCommand

from emn.accounts import services


class Command(BaseCommand):
    help = "Copie les rôles des agents, définis dans le code, vers les groupes."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print each role with its number of permissions."""
        for role, count in services.sync_roles().items():
            self.stdout.write(f"{role}: {count}")
