"""Django's migrate, fit to run beside a portal that is on line: alone, and never in its way."""

import time
from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import OperationalError, connection

from emn.lib.db import session_lock
from emn.lib.first_migration import Executor

migrate.MigrationExecutor = Executor  # type: ignore[attr-defined]  # where Django's command looks
LOCK_TIMEOUT = "5s"
ATTEMPTS = 6
PAUSE_S = 5.0
_LOCK_NOT_AVAILABLE = "55P03"


class Command(migrate.Command):
    """A migration that cannot get its table within seconds gives way, and is tried again.

    Without a limit it would wait behind one long reading, and every page behind it. Each migration
    is a transaction: what was applied stays, what was not begins anew.
    """

    def handle(self, *args: Any, **options: Any) -> None:
        with session_lock("lib.migrate") as is_mine:
            if not is_mine:
                raise CommandError("Une autre migration est en cours : attendez qu’elle finisse.")
            self._limit(LOCK_TIMEOUT)
            try:
                self._persist(*args, **options)
            finally:
                self._limit("0")

    def _persist(self, *args: Any, **options: Any) -> None:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                super().handle(*args, **options)
            except OperationalError as error:
                if getattr(error.__cause__, "pgcode", None) != _LOCK_NOT_AVAILABLE:
                    raise
                if attempt == ATTEMPTS:
                    raise CommandError(
                        "Une table est restée prise : la migration n’a pas pu passer sans gêner "
                        "le portail. Relancez-la à une heure plus calme ; rien n’est à moitié fait."
                    ) from None
                time.sleep(PAUSE_S)
            else:
                return

    def _limit(self, lock_timeout: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, false)", [lock_timeout])
