"""Write a sealed backup of the whole portal, or check one."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from emn.lib.backups import BackupRefused, copies, services
from emn.lib.backups.keeping import Rule
from emn.lib.backups.manifest import Manifest
from emn.lib.bucket import Bucket


class Command(BaseCommand):
    help = "Sauvegarde la base et les fichiers du portail, chiffrés et vérifiés."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", metavar="DIR", type=Path, help="dossier des sauvegardes")
        parser.add_argument(
            "--check",
            action="store_true",
            help="relit la sauvegarde DIR, ou la plus récente du dossier DIR",
        )
        parser.add_argument(
            "--copy", action="store_true", help="avec --check : relit la copie de EMN_BACKUP_URL"
        )

    def handle(self, *_args: Any, folder: Path, check: bool, copy: bool, **_options: Any) -> None:
        try:
            if copy and not check:
                raise CommandError("--copy accompagne --check : la copie se fait d’elle-même.")
            if check and copy:
                where, key = copies_bucket(), services.sealing_key()
                manifest = copies.check(source=where, into=folder, key=key)
                self.stdout.write(describe(manifest))
            elif check:
                self.stdout.write(describe(services.check(folder=services.latest(folder))))
            else:
                self._write(folder)
        except BackupRefused as refusal:
            raise CommandError(refusal.message) from None

    def _write(self, folder: Path) -> None:
        rule = Rule(*settings.BACKUP_KEEP)
        manifest, removed = services.backup(folder=folder, rule=rule, now=timezone.now())
        self.stdout.write(describe(manifest))
        if removed:
            self.stdout.write(f"Sauvegardes anciennes effacées : {', '.join(removed)}.")
        if settings.BACKUP_BUCKET:
            removed = copies.send(
                backup=folder / manifest.id,
                to=settings.BACKUP_BUCKET,
                rule=rule,
                key=services.sealing_key(),
            )
            self.stdout.write(f"Copiée dans le bac {settings.BACKUP_BUCKET.name}, et relue.")
            if removed:
                self.stdout.write(f"Copies anciennes effacées : {', '.join(removed)}.")


def copies_bucket() -> Bucket:
    """Return where copies are kept. Raises BackupRefused when they are not."""
    if settings.BACKUP_BUCKET is None:
        raise BackupRefused("Aucun bac ne reçoit de copie : donnez EMN_BACKUP_URL.")
    found: Bucket = settings.BACKUP_BUCKET
    return found


def describe(manifest: Manifest) -> str:
    """Say what a backup holds."""
    return (
        f"Sauvegarde {manifest.id} vérifiée : {len(manifest.tables)} tables, {manifest.rows} "
        f"lignes, {manifest.file_count} fichiers, {manifest.bytes / 1e6:.1f} Mo."
    )
