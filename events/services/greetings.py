"""What the form’s answer says to the mailbox, written by a task: a crowd does not wait for letters.

A registration is its own outbox row here: `greeting_due_at`, written with it, says that its mailbox
is owed a message; the message itself and the end of the debt are one transaction.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from emn.lib.clocks import each
from events.enums import RegistrationStatus
from events.models import Registration
from events.services.registrations import position
from events.services.telling import tell

AT_ONCE = 2_000
KNOWN_FOR = timedelta(days=365)  # a mailbox that said yes that lately asked for its messages
_FIRST = {RegistrationStatus.HELD: "held", RegistrationStatus.PENDING: "waiting"}


def greet_all(*, now: datetime) -> int:
    """Write all that is owed; return how many. One that fails is logged and stays due."""
    rows = Registration.objects.filter(greeting_due_at__isnull=False).order_by(
        "greeting_due_at", "pk"
    )
    return each(list(rows.values_list("pk", flat=True)[:AT_ONCE]), _greet, now=now)


@transaction.atomic(durable=True)
def _greet(registration_id: int, now: datetime) -> int:
    rows = Registration.objects.select_for_update(of=("self",), skip_locked=True)
    entry = (
        rows.select_related("session__room", "pool")
        .filter(pk=registration_id, greeting_due_at__isnull=False, forgotten_at=None)
        .first()
    )
    if entry is None:
        return 0
    due_at, entry.greeting_due_at = entry.greeting_due_at, None
    entry.save(update_fields=["greeting_due_at"])
    is_first = due_at == entry.registered_at
    kind = _FIRST.get(RegistrationStatus(entry.status), "already") if is_first else "already"
    if not entry.is_active:
        return 0
    stamp = now.date() if kind == "already" else None
    tell(
        entry, kind, session=entry.session, now=now, stamp=stamp,
        unsolicited=_is_stranger(entry.email, now=now), position=position(entry),
    )  # fmt: skip
    return 1


def _is_stranger(mailbox: str, *, now: datetime) -> bool:
    """Tell whether the mailbox never said yes lately: anybody may have typed it."""
    lately = Q(taken_at__gt=now - KNOWN_FOR) | Q(in_line_at__gt=now - KNOWN_FOR)
    return not Registration.objects.filter(lately, email=mailbox).exists()
