"""`manage.py invite_agent ADDRESS NAME`: open a director’s account, the first above all."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from emn.accounts import services
from emn.accounts.enums import Role
from emn.accounts.models import User


class Command(BaseCommand):
    help = (
        "Ouvre le compte d’un agent de la direction et lui écrit ; un compte connu reste tel quel."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("email", metavar="ADRESSE")
        parser.add_argument("full_name", metavar="NOM")

    def handle(self, *_args: Any, email: str, full_name: str, **_options: Any) -> None:
        """Invite, unless the address already has an account."""
        email = email.lower()
        if User.objects.filter(email=email).exists():
            self.stdout.write(f"{email} a déjà un compte : rien à faire.")
            return
        services.invite_staff(
            email=email, full_name=full_name, given_roles=[Role.DIRECTOR], now=timezone.now()
        )
        self.stdout.write(
            f"{email} est invité : la connexion se fait par un code reçu par courriel."
        )
