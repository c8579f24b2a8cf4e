"""Errors told to who keeps the portal: one message for each kind of error and hour, by the outbox.

A report says where the code failed and which request did it, never with what values: neither the
words of the exception nor the address, which may hold somebody's secret.
"""

import hashlib
import logging
import threading
import time
import traceback
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from emn.lib import request_id
from emn.lib.logs import message_of

EVERY_S = 3600
QUIET_S = 60.0  # what one process leaves between two of a kind, though the database be away
_OWN = "emn.mailings.error_reports"


class ReportHandler(logging.Handler):
    """Mails records of level ERROR to `ERROR_RECIPIENTS`, each kind once an hour for all hosts."""

    def __init__(self) -> None:
        super().__init__(level=logging.ERROR)
        self._quiet_until: dict[str, float] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Tell it from a thread: what failed may hold a transaction that must not keep it."""
        if not settings.ERROR_RECIPIENTS or record.name == _OWN:
            return
        key, now = fingerprint(record), time.monotonic()
        if now < self._quiet_until.get(key, now):
            return
        self._quiet_until[key] = now + QUIET_S
        subject, text = described(record)
        threading.Thread(target=_tell_and_leave, args=(key, subject, text)).start()


def fingerprint(record: logging.LogRecord) -> str:
    """Return what errors of one kind share: the logger, the exception and where it arose."""
    error = record.exc_info[1] if record.exc_info else None
    frames = traceback.extract_tb(error.__traceback__) if error else []
    place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else str(record.msg)
    kind = type(error).__qualname__ if error else ""
    return hashlib.sha256(f"{record.name}\0{kind}\0{place}".encode()).hexdigest()


def described(record: logging.LogRecord) -> tuple[str, str]:
    """Return the subject and the text of a report."""
    error = record.exc_info[1] if record.exc_info else None
    kind = type(error).__qualname__ if error else record.name
    frames = traceback.extract_tb(error.__traceback__) if error else []
    lines = [
        f"{message_of(record)}",
        f"Journal : {record.name}, requête : {request_id.current() or '–'}",
        *(f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames),
        "Les erreurs de cette sorte ne sont plus annoncées pendant une heure.",
    ]
    return f"[{settings.CENTRE_SHORT_NAME}] Erreur du portail : {kind}", "\n\n".join(lines)


def tell(*, key: str, subject: str, text: str) -> int:
    """Write one message to each recipient, unless this kind was told within the hour."""
    from emn.lib.rate_limit import allow  # noqa: PLC0415 -- logging is set up before the models
    from emn.mailings.rendering import Rendered, lay_out  # noqa: PLC0415
    from emn.mailings.services import outbox  # noqa: PLC0415

    now = timezone.now()
    if not allow(scope="error", key=key, limit=1, period_s=EVERY_S, now=now):
        return 0
    html = lay_out(subject=subject, text=text, language="fr")
    with transaction.atomic(durable=True):
        for address in settings.ERROR_RECIPIENTS:
            outbox.store(
                to=address,
                kind="errors.report",
                rendered=Rendered(subject, text, html),
                now=now,
                language="fr",
            )
    return len(settings.ERROR_RECIPIENTS)


def _tell_and_leave(key: str, subject: str, text: str) -> None:
    try:
        tell(key=key, subject=subject, text=text)
    except Exception:
        logging.getLogger(_OWN).warning("an error could not be reported", exc_info=True)
    finally:
        connection.close()
