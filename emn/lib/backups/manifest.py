"""What a backup holds, in the clear but signed: names of tables and counts, nothing of anyone."""

import hmac
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from emn.lib.backups import BackupRefused
from emn.lib.backups.sealing import name_of_key, signature

FILE = "manifest.json"
FORMAT = 1


@dataclass
class Part:
    """A sealed file: its size and digest on disk, how much it holds, the digest of that."""

    bytes: int
    sha256: str
    count: int
    content_sha256: str
    columns: list[str] = field(default_factory=list)


@dataclass
class Manifest:
    """One backup. `tables` by name, `files` by storage («media», «private»)."""

    id: str
    created_at: str
    migrations: list[str]
    tables: dict[str, Part] = field(default_factory=dict)
    sequences: dict[str, int] = field(default_factory=dict)
    files: dict[str, Part] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return sum(part.count for part in self.tables.values())

    @property
    def file_count(self) -> int:
        return sum(part.count for part in self.files.values())

    @property
    def bytes(self) -> int:
        return sum(part.bytes for part in (*self.tables.values(), *self.files.values()))

    def write(self, folder: Path, *, key: str) -> None:
        """Write it, signed, into the folder of the backup."""
        body = json.dumps(asdict(self), sort_keys=True)
        sheet = {
            "format": FORMAT,
            "key": name_of_key(key),
            "signature": signature(key, body),
            "body": asdict(self),
        }
        (folder / FILE).write_text(json.dumps(sheet, indent=1, sort_keys=True), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path, *, key: str) -> "Manifest":
        """Read and check it. Raises BackupRefused: absent, of another key or format, altered."""
        try:
            sheet: dict[str, Any] = json.loads((folder / FILE).read_text(encoding="utf-8"))
            body = json.dumps(sheet["body"], sort_keys=True)
            written_by, signed = sheet["key"], sheet["signature"]
        except FileNotFoundError:
            raise BackupRefused(f"{folder} ne contient pas de sauvegarde complète.") from None
        except (ValueError, KeyError, TypeError):
            raise BackupRefused(f"Le manifeste de {folder} est illisible ou tronqué.") from None
        if sheet.get("format") != FORMAT:
            raise BackupRefused(
                f"La sauvegarde {folder} est d’un format que cette version du portail ne lit pas : "
                "restaurez-la avec la version qui l’a écrite."
            )
        if written_by != name_of_key(key):
            raise BackupRefused(
                "La clé EMN_BACKUP_KEY n’est pas celle de cette sauvegarde : donnez celle qui "
                "servait le jour où elle a été écrite."
            )
        if not hmac.compare_digest(signed, signature(key, body)):
            raise BackupRefused(
                f"Le manifeste de {folder} a été modifié : prenez une autre sauvegarde."
            )
        content = sheet["body"]
        for group in ("tables", "files"):
            content[group] = {name: Part(**part) for name, part in content[group].items()}
        return cls(**content)
