"""`manage.py sync_trust_ledgers [--write]`: what the charter says and the ledgers do not yet."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone
from tqdm import tqdm

from directory.models import Adhesion
from directory.services.trust_charter import catch_up


class Command(BaseCommand):
    help = (
        "Compare les registres de confiance aux adhésions, aux vérifications et aux audits déjà "
        "notés ; --write y inscrit ce qui manque. Une seconde fois, il n’y a rien à écrire."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the option."""
        parser.add_argument("--write", action="store_true", help="inscrire les faits manquants")

    def handle(self, *_args: Any, write: bool, **_options: Any) -> None:
        """Go through the companies, one transaction each."""
        rows = Adhesion.objects.filter(starts_on__isnull=False).order_by("siren")
        sirens = list(rows.values_list("siren", flat=True).distinct())
        added = 0
        for siren in tqdm(sirens, desc="Entreprises", disable=not sys.stderr.isatty()):
            if count := catch_up(siren, write=write, now=timezone.now()):
                self.stdout.write(f"{siren} : {count} faits")
                added += count
        if not added:
            self.stdout.write("Rien à changer.")
        elif write:
            self.stdout.write("Écrit.")
        else:
            self.stdout.write("Rien n’est écrit : relancez avec --write.")
