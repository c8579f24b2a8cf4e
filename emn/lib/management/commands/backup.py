"""Write a sealed backup of the whole portal, or check one."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from emn.lib.backups import BackupRefused, services
from emn.lib.backups.keeping import Rule
from emn.lib.backups.manifest import Manifest


class Command(BaseCommand):
    help = "Sauvegarde la base et les fichiers du portail, chiffrés et vérifiés."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", metavar="DIR", type=Path, help="dossier des sauvegardes")
        parser.add_argument(
            "--check",
            action="store_true",
            help="relit la sauvegarde DIR, ou la plus récente du dossier DIR",
        )

    def handle(self, *_args: Any, folder: Path, check: bool, **_options: Any) -> None:
        removed: list[str] = []
        try:
            if check:
                manifest = services.check(folder=services.latest(folder))
            else:
                rule = Rule(*settings.BACKUP_KEEP)
                manifest, removed = services.backup(folder=folder, rule=rule, now=timezone.now())
        except BackupRefused as refusal:
            raise CommandError(refusal.message) from None
        self.stdout.write(describe(manifest))
        if removed:
            self.stdout.write(f"Sauvegardes anciennes effacées : {', '.join(removed)}.")


def describe(manifest: Manifest) -> str:
    """Say what a backup holds."""
    return (
        f"Sauvegarde {manifest.id} vérifiée : {len(manifest.tables)} tables, {manifest.rows} "
        f"lignes, {manifest.file_count} fichiers, {manifest.bytes / 1e6:.1f} Mo."
    )
