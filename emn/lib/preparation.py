"""What `runportal` checks and prepares before anything is started, each step only when needed."""

import hashlib
import os
import shutil
import socket
import tempfile
from collections.abc import Sequence
from pathlib import Path

import polib
from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command, get_commands
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from emn.lib.errors import DomainError

NEEDED_BYTES = 200 * 1024 * 1024


class PortalCannotStart(DomainError):
    """Something the operator must put right first; the sentence says what."""


def check_port(host: str, port: int) -> None:
    """Raise PortalCannotStart when another program listens there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError:
            raise PortalCannotStart(
                f"Le port {port} est réservé à l’administrateur de la machine. Choisissez-en un "
                "autre : make run PORT=8000"
            ) from None
        except OverflowError:
            raise PortalCannotStart(
                f"Le port {port} n’existe pas : choisissez-en un entre 1024 et 65535."
            ) from None
        except OSError:
            raise PortalCannotStart(
                f"Le port {port} est déjà pris par un autre programme. Choisissez-en un autre : "
                f"make run PORT={port + 1}"
            ) from None


def check_folder(folder: Path, *, needed_bytes: int = NEEDED_BYTES) -> None:
    """Make the state folder; raise PortalCannotStart when it cannot be written or has no room."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise PortalCannotStart(
            f"Le dossier d’état {folder} n’est pas accessible en écriture ({error.strerror}). "
            "Corrigez ses droits, ou choisissez-en un autre par EMN_DATA_DIR."
        ) from None
    if free < needed_bytes:
        raise PortalCannotStart(
            f"Il reste {free // 2**20} Mo sur le disque de {folder} ; il en faut "
            f"{needed_bytes // 2**20}. Libérez de la place, ou choisissez un autre dossier par "
            "EMN_DATA_DIR."
        )


def check_database() -> None:
    """Connect, which starts the embedded server; raise PortalCannotStart when none answers."""
    try:
        connection.ensure_connection()
    except DatabaseError as error:
        raise PortalCannotStart(
            f"La base de données ne répond pas. Vérifiez DATABASE_URL. ({str(error).strip()})"
        ) from None


def migrate() -> bool:
    """Bring the tables up to date; return whether there was anything to do."""
    executor = MigrationExecutor(connection)
    if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return False
    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)
    return True


def compile_catalogues(folders: Sequence[str | Path]) -> int:
    """Write the .mo of each .po that has none or a newer text; return how many.

    In Python: the gettext programs that Django's command calls are missing on a fresh machine.
    """
    catalogues = [file for folder in folders for file in Path(folder).glob("*/LC_MESSAGES/*.po")]
    stale = [file for file in catalogues if _is_stale(file.with_suffix(".mo"), file)]
    for file in stale:
        polib.pofile(str(file)).save_as_mofile(str(file.with_suffix(".mo")))
    return len(stale)


def _is_stale(compiled: Path, source: Path) -> bool:
    return not compiled.exists() or compiled.stat().st_mtime < source.stat().st_mtime


def collect_static() -> bool:
    """Gather and compress the static files when one has changed; return whether it was so."""
    stamp = settings.DATA_DIR / "static.signature"
    signature = _static_signature()
    if stamp.exists() and stamp.read_text() == signature and Path(settings.STATIC_ROOT).exists():
        return False
    call_command("collectstatic", verbosity=0, interactive=False)
    stamp.write_text(signature)
    return True


def _static_signature() -> str:
    """Digest the names, sizes and dates of all static files, and where they go."""
    digest = hashlib.sha256(os.fsencode(settings.STATIC_ROOT))
    for finder in get_finders():
        for path, storage in finder.list(None):
            info = Path(storage.path(path)).stat()
            digest.update(f"{path} {info.st_size} {info.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def first_run(*, command: str, arguments: Sequence[str], fills: str) -> bool:
    """Run a command that loads data, once for this state folder; return whether it ran.

    `fills` names a model («territory.Commune»): empty, the command runs again. A command that was
    interrupted runs again too, so it must bear it. Skipped while the command or model is missing.
    """
    stamp = settings.DATA_DIR / "first-run" / command
    app_label, _dot, model_name = fills.partition(".")
    model = apps.get_app_config(app_label).models.get(model_name.lower())
    if command not in get_commands() or model is None:
        return False
    if stamp.exists() and model._default_manager.exists():
        return False
    call_command(command, *arguments)
    stamp.parent.mkdir(exist_ok=True)
    stamp.touch()
    return True
