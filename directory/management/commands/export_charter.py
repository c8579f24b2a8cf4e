"""`manage.py export_charter DIR`: the whole register, for whoever keeps it next (F1.10)."""

import hashlib
import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from tqdm import tqdm

from directory.charter.register import COLUMNS, records, whole
from directory.models import Adhesion
from emn.lib.tables import write_csv


class Command(BaseCommand):
    """Write register.json, register.csv, the signed documents and SHA256SUMS to a new folder."""

    help = "Écrit dans un dossier neuf tout le registre de la charte et les documents signés."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the folder."""
        parser.add_argument("folder", type=Path)

    def handle(self, *_args: Any, folder: Path, **_options: Any) -> None:
        """Write the files; those whose digest is no longer that of the signature are named."""
        if folder.exists() and any(folder.iterdir()):
            raise CommandError("Ce dossier n’est pas vide.")
        today = timezone.localdate()
        signed = folder / "signed"
        signed.mkdir(parents=True, exist_ok=True)
        content = json.dumps(
            whole(on=today, everything=True), ensure_ascii=False, indent=1, default=str
        )
        (folder / "register.json").write_text(content, encoding="utf-8")
        rows = records(on=today, everything=True)
        lines = [[str(row[name] or "") for name in COLUMNS] for row in rows]
        with (folder / "register.csv").open("wb") as file:
            write_csv(file, [list(COLUMNS), *lines])
        wrong = 0
        documents = Adhesion.objects.exclude(document="").order_by("pk")
        for row in tqdm(documents, desc="Documents signés", unit="document", disable=None):
            with row.document.open("rb") as document:
                data = document.read()
            (signed / f"{row.reference}.pdf").write_bytes(data)
            if hashlib.sha256(data).hexdigest() != row.document_sha256:
                wrong += 1
                self.stderr.write(f"{row.reference} : le document n’est plus celui qui a été signé")
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        sums = "".join(
            f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder)}\n"
            for path in files
        )
        (folder / "SHA256SUMS").write_text(sums, encoding="utf-8")
        self.stdout.write(f"{len(lines)} adhésions, {len(files) - 2} documents signés.")
        if wrong:
            raise CommandError(f"{wrong} documents ne portent plus leur empreinte.")
