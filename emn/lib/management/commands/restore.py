"""Bring a sealed backup back."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from emn.lib.backups import BackupRefused, copies, services
from emn.lib.management.commands.backup import copies_bucket, describe


class Command(BaseCommand):
    help = "Remet en place une sauvegarde : toute la base et tous les fichiers, ou rien."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "folder", metavar="DIR", type=Path, help="une sauvegarde, ou le dossier qui les tient"
        )
        parser.add_argument(
            "--replace", action="store_true", help="efface d’abord ce que contient ce portail"
        )

        parser.add_argument(
            "--from-copy",
            action="store_true",
            help="apporte d’abord dans DIR la copie la plus récente de EMN_BACKUP_URL",
        )

    def handle(
        self, *_args: Any, folder: Path, replace: bool, from_copy: bool, **_options: Any
    ) -> None:
        try:
            if from_copy:
                where, key = copies_bucket(), services.sealing_key()
                chosen = copies.fetch(source=where, into=folder, key=key)
            else:
                chosen = services.latest(folder)
            manifest = services.restore(folder=chosen, replace=replace, now=timezone.now())
        except BackupRefused as refusal:
            raise CommandError(refusal.message) from None
        self.stdout.write(describe(manifest))
        self.stdout.write(
            f"Remis en place : {manifest.rows} lignes et {manifest.file_count} fichiers."
        )
