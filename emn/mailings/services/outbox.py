"""Writing messages to the outbox, delivering them, and what staff decides on dead letters."""

import logging
import random
import uuid
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from email.utils import parseaddr
from functools import partial
from smtplib import SMTPDataError, SMTPRecipientsRefused, SMTPResponseException
from typing import Any

from anymail.exceptions import AnymailRecipientsRefused
from django.conf import settings
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.validators import validate_email
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from emn.lib.commit import after_commit
from emn.lib.db import advisory_lock, try_advisory_lock
from emn.lib.errors import DomainError
from emn.mailings import letters, list_relays, tasks
from emn.mailings.addresses import mailbox_hash
from emn.mailings.enums import EmailStatus, Stream
from emn.mailings.models import MAX_ATTEMPTS, Attachment, OutboundEmail
from emn.mailings.rendering import Rendered, one_line, render

logger = logging.getLogger(__name__)

UNSOLICITED_PER_DAY = 3  # messages per mailbox and 24 h that public forms may cause
BATCH = 50  # messages per task: minutes at most, far below the broker's visibility timeout
SWEEP_LIMIT = 1_000  # messages rung again per sweep
FIRST_RETRY = timedelta(minutes=1)
LONGEST_RETRY = timedelta(hours=4)
GRACE = timedelta(seconds=30)  # what a fresh doorbell gets before the sweep rings again
_REFUSED = 500  # SMTP: from here on, permanent


class NotADeadLetter(DomainError):
    """The message is not, or no longer, one that staff may send again or abandon."""


class NotTaken(Exception):
    """The relay of letters did not take a message."""

    def __init__(self, answer: list_relays.Answer) -> None:
        super().__init__(answer.code)
        self.answer = answer


# --- Writing ---


def queue_email(
    *,
    to: str,
    template: str,
    context: Mapping[str, Any],
    now: datetime,
    language: str = "fr",
    dedup_key: str | None = None,
    reply_to: str = "",
    headers: Mapping[str, str] | None = None,
    unsolicited: bool = False,
    secret: bool = False,
    attachments: Sequence[Attachment] = (),
) -> OutboundEmail:
    """Write one message to the outbox, in the caller's transaction, and ring once it commits.

    `template` names the files of `emn.mailings.rendering`. A `dedup_key` already used gives its row
    back. `unsolicited`: anyone could cause it by typing an address; beyond the caps the row is
    recorded as CAPPED and nothing is sent, and the caller must answer the same. `secret`: it
    carries a code or a link that opens an account; staff never reads it.

    Raises TransactionManagementError outside a transaction, ValidationError on a bad address.
    """
    _require_transaction()
    if dedup_key and (known := OutboundEmail.objects.filter(dedup_key=dedup_key).first()):
        return known
    return store(
        to=to,
        kind=template,
        rendered=render(template=template, context=context, language=language),
        now=now,
        language=language,
        dedup_key=dedup_key,
        reply_to=reply_to,
        headers=headers,
        daily_cap=UNSOLICITED_PER_DAY if unsolicited else None,
        secret=secret,
        attachments=attachments,
    )


def store(
    *,
    to: str,
    kind: str,
    rendered: Rendered,
    now: datetime,
    language: str,
    stream: Stream = Stream.TRANSACTIONAL,
    message_id: str = "",
    dedup_key: str | None = None,
    from_email: str = "",
    reply_to: str = "",
    headers: Mapping[str, str] | None = None,
    daily_cap: int | None = None,
    secret: bool = False,
    attachments: Sequence[Attachment] = (),
) -> OutboundEmail:
    """Write one rendered message; `queue_email` and the e-mail backend share this step.

    `stream`: whose relay takes it; the Message-ID of a letter is also its return path.
    `daily_cap`: unsolicited messages this mailbox may get in 24 h; None when it is not one.
    """
    _require_transaction()
    validate_email(to)
    box = mailbox_hash(to)
    capped = daily_cap is not None and _is_capped(box, kind, daily_cap, now)
    values = {
        "kind": kind,
        "stream": stream,
        "message_id": message_id or f"<{uuid.uuid4()}@{_sending_domain()}>",
        "to_email": to,
        "mailbox_hash": box,
        "from_email": from_email or settings.DEFAULT_FROM_EMAIL,
        "reply_to": reply_to,
        "subject": one_line(rendered.subject)[:300],
        "text_body": "" if capped else rendered.text,
        "html_body": "" if capped else rendered.html,
        "headers": dict(headers or {}),
        "attachments": [] if capped else [attached.stored() for attached in attachments],
        "language": language,
        "unsolicited": daily_cap is not None,
        "secret": secret,
        "status": EmailStatus.CAPPED if capped else EmailStatus.QUEUED,
        "created_at": now,
        "next_attempt_at": now,
    }
    if dedup_key is None:
        email, created = OutboundEmail.objects.create(**values), True
    else:
        email, created = OutboundEmail.objects.get_or_create(dedup_key=dedup_key, defaults=values)
    if created and not capped:
        after_commit(lambda: ring([email.pk]))
    return email


def ring(email_ids: list[int]) -> None:
    """Tell the workers that these rows are due. A lost ring is made up by the sweep."""
    tasks.deliver_emails.apply_async(kwargs={"email_ids": email_ids}, retry=False)


def _require_transaction() -> None:
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError(
            "an outbox row is written in the transaction of the fact it announces"
        )


def _sending_domain() -> str:
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]


def _is_capped(box: str, kind: str, daily_cap: int, now: datetime) -> bool:
    """Tell whether a mailbox, or a kind of message, had what strangers may cause.

    Exact for the mailbox, by its lock; to some messages for the kind, which guards one form from
    nobody but its own flood.
    """
    advisory_lock(f"mailings.cap:{box}")
    rows = OutboundEmail.objects
    if (
        rows.unsolicited_since(now - timedelta(days=1)).filter(mailbox_hash=box).count()
        >= daily_cap
    ):
        return True
    of_the_kind = rows.unsolicited_since(now - timedelta(hours=1)).filter(kind=kind)
    if of_the_kind.count() >= settings.MAIL_HOURLY_CEILING:
        logger.error("hourly ceiling of unsolicited %s reached: a form is being abused", kind)
        return True
    return False


# --- Delivering ---


def deliver_batch(*, email_ids: Iterable[int]) -> int:
    """Deliver these rows over one connection to the relay; return how many were taken."""
    with closing(get_connection(settings.RELAY_BACKEND)) as relay:
        return sum(_deliver(email_id, timezone.now(), relay) for email_id in email_ids)


def deliver(*, email_id: int, now: datetime) -> bool:
    """Send one due message; return False when there was nothing to do.

    At least once: a worker that dies after the relay accepted sends again, under the same
    Message-ID. No transaction is open while the relay is called.
    """
    with closing(get_connection(settings.RELAY_BACKEND)) as relay:
        return _deliver(email_id, now, relay)


def _deliver(email_id: int, now: datetime, relay: BaseEmailBackend) -> bool:
    mine = OutboundEmail.objects.filter(pk=email_id).due(now=now)
    if not mine.update(status=EmailStatus.SENDING, claimed_at=now, attempts=F("attempts") + 1):
        return False
    email = OutboundEmail.objects.get(pk=email_id)
    try:
        if email.stream == Stream.LIST:
            _give_as_a_letter(email)
        else:
            relay.open()  # once: it stays open for the messages that follow
            relay.send_messages([email.as_message()])
    except Exception as error:  # noqa: BLE001 -- the edge: whatever the relay raises is an outcome
        relay.close()  # a broken connection must not spoil the next message
        _mark(email, **_outcome(email, error, now))
    else:
        _mark(email, status=EmailStatus.SENT, sent_at=now, last_error="", **_erased(email))
    return True


def _give_as_a_letter(email: OutboundEmail) -> None:
    """Give a message to the relay of letters, as a letter is given. Raises NotTaken."""
    token = email.message_id.strip("<>").partition("@")[0]
    content = letters.on_the_wire(email.as_message())
    with list_relays.relay() as relay:
        answer = relay.give(letters.return_address(token), email.to_email, content)
    if answer.fate is not list_relays.Fate.TAKEN:
        raise NotTaken(answer)


def _outcome(email: OutboundEmail, error: Exception, now: datetime) -> dict[str, Any]:
    """Say what becomes of a message that the relay did not take."""
    permanent = _is_permanent(error)
    given_up = permanent or email.attempts >= MAX_ATTEMPTS
    level = logging.ERROR if given_up and not permanent else logging.WARNING
    reason = _describe(error)
    logger.log(level, "outbox row %s not delivered: %s", email.pk, reason)
    return {
        "status": EmailStatus.FAILED if given_up else EmailStatus.QUEUED,
        "next_attempt_at": now + retry_delay(email.attempts),
        "last_error": reason,
    }


def _mark(email: OutboundEmail, **values: Any) -> None:
    """Write the outcome, unless another worker took the row meanwhile (see `sweep`)."""
    mine = OutboundEmail.objects.on_their_way().filter(pk=email.pk, attempts=email.attempts)
    if not mine.update(**values):
        logger.warning("outbox row %s was taken over while it was being sent", email.pk)


def _erased(email: OutboundEmail) -> dict[str, Any]:
    return {"text_body": "", "html_body": "", "attachments": []} if email.secret else {}


def retry_delay(attempts: int) -> timedelta:
    """Wait before the next attempt: doubled each time, 4 h at most, spread by ± 20 %."""
    delay: timedelta = min(FIRST_RETRY * 2 ** (attempts - 1), LONGEST_RETRY)
    return delay * random.uniform(0.8, 1.2)  # noqa: S311 -- spreads the load, protects nothing


def _is_permanent(error: Exception) -> bool:
    """Whether trying again is useless: the recipient or the content was refused for good.

    A refused sender or sign-in is the centre's own setting: once it is put right, mail must flow.
    """
    if isinstance(error, SMTPRecipientsRefused):
        return all(code >= _REFUSED for code, _words in error.recipients.values())
    if isinstance(error, SMTPDataError):
        return error.smtp_code >= _REFUSED
    if isinstance(error, NotTaken):
        return error.answer.fate is list_relays.Fate.REFUSED
    return isinstance(error, AnymailRecipientsRefused)


def _describe(error: Exception) -> str:
    """Name the error and its codes. The relay's own words often quote the address: left out."""
    codes: list[int | str] = []
    if isinstance(error, SMTPRecipientsRefused):
        codes = [*sorted({code for code, _words in error.recipients.values()})]
    elif isinstance(error, SMTPResponseException):
        codes = [error.smtp_code]
    elif isinstance(error, NotTaken):
        codes = [error.answer.code]
    return " ".join([type(error).__name__, *map(str, codes)])


@transaction.atomic(durable=True)
def sweep(*, now: datetime) -> int:
    """Ring for the rows that are due and unheard, and give back those of dead workers.

    Returns how many were rung; 0 as well when another sweep is at work.
    """
    if not try_advisory_lock("mailings.sweep"):
        return 0
    rows = OutboundEmail.objects
    poisonous = rows.stuck(now=now).filter(attempts__gte=MAX_ATTEMPTS)
    if given_up := poisonous.update(status=EmailStatus.FAILED, last_error="WorkerLost"):
        logger.error("%s outbox rows given up: their worker died each time", given_up)
    if returned := rows.stuck(now=now).update(status=EmailStatus.QUEUED, next_attempt_at=now):
        logger.warning("%s outbox rows taken back from dead workers", returned)
    due = list(
        rows.due(now=now)
        .exclude(created_at__gt=now - GRACE)
        .select_for_update(skip_locked=True)
        .order_by("next_attempt_at", "pk")
        .values_list("pk", flat=True)[:SWEEP_LIMIT]
    )
    for start in range(0, len(due), BATCH):
        after_commit(partial(ring, due[start : start + BATCH]))
    return len(due)


# --- What staff and retention decide ---


@transaction.atomic(durable=True)
def retry_dead_letter(*, email_id: int, by_id: int, now: datetime) -> OutboundEmail:
    """Give a dead letter all its attempts again. Raises NotADeadLetter."""
    email = _dead_letter(email_id)
    email.status, email.attempts, email.next_attempt_at = EmailStatus.QUEUED, 0, now
    email.save(update_fields=["status", "attempts", "next_attempt_at"])
    logger.info("outbox row %s queued again by user %s", email_id, by_id)
    after_commit(lambda: ring([email_id]))
    return email


@transaction.atomic(durable=True)
def abandon_dead_letter(*, email_id: int, by_id: int) -> OutboundEmail:
    """Close a dead letter: it will never be sent. Raises NotADeadLetter."""
    email = _dead_letter(email_id)
    email.status = EmailStatus.CANCELLED
    email.save(update_fields=["status"])
    logger.info("outbox row %s abandoned by user %s", email_id, by_id)
    return email


def _dead_letter(email_id: int) -> OutboundEmail:
    email = OutboundEmail.objects.dead_letters().select_for_update().filter(pk=email_id).first()
    if email is None:
        raise NotADeadLetter(_("Ce courriel n’est plus en échec."))
    if email.purged:
        raise NotADeadLetter(_("Le contenu de ce courriel a été effacé : il ne peut plus partir."))
    return email


@transaction.atomic(durable=True)
def purge_sent(*, before: datetime) -> int:
    """Erase the personal content of messages at rest, written before `before`; return how many.

    The row stays, without name nor words, for the figures and for proof of sending.
    """
    return OutboundEmail.objects.purgeable(before=before).erase()
