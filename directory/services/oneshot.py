"""Stop one-shot: a check is counted and forgotten; a call that is asked for has its clock."""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from directory.enums import CallOutcome
from directory.models import CallRequest, OneShotCount
from directory.oneshot.questions import rules
from directory.oneshot.verdict import Verdict
from emn.lib.calendar import LOCAL_LAW, add_working_days
from emn.lib.db import advisory_lock
from emn.lib.errors import DomainError
from emn.lib.text import digits
from emn.mailings.services import queue_email

LOCAL_DIGITS = 9  # of a telephone number, whatever stands before: +33 3 or 03


class CallRefused(DomainError):
    """The call cannot be asked for or closed so."""


@transaction.atomic(durable=True)
def count_check(*, verdict: Verdict, now: datetime) -> None:
    """Add one check to its day: the colour, and each question that alarmed. Nothing else is kept.

    Rows are written in one order, so that two checks at once never wait for each other in a ring.
    """
    day, table = timezone.localdate(now), OneShotCount._meta.db_table
    rows = [(day, str(verdict.colour), question) for question in sorted(("", *verdict.alarms))]
    with connection.cursor() as cursor:
        cursor.executemany(
            f"""INSERT INTO {table} AS counted (day, colour, question, times)
                VALUES (%s, %s, %s, 1)
                ON CONFLICT (day, colour, question) DO UPDATE SET times = counted.times + 1""",  # noqa: S608 -- our own table's name
            rows,
        )


@transaction.atomic(durable=True)
def ask_call(
    *,
    name: str,
    phone: str,
    email: str,
    best_time: str,
    language: str,
    colour: str,
    alarms: Sequence[str],
    now: datetime,
) -> CallRequest:
    """Put a call before the advisers, due in two working days; the same asked again is one.

    Raises CallRefused without a way to be reached.
    """
    email = email.strip().lower()
    if not phone and not email:
        raise CallRefused(_("Donnez un téléphone ou un courriel : sinon, comment vous joindre ?"))
    number = digits(phone)[-LOCAL_DIGITS:]
    advisory_lock("directory.oneshot.calls")  # rare, and short: one at a time
    waiting = list(CallRequest.objects.waiting().order_by("pk"))
    for known in waiting:
        # Whoever corrects one of the two asks anew: a stranger must not swallow another's call.
        if (digits(known.phone)[-LOCAL_DIGITS:], known.email) == (number, email):
            return known
    day = timezone.localdate(now)
    call = CallRequest.objects.create(
        name=name,
        phone=phone,
        email=email,
        best_time=best_time,
        language=language,
        colour=colour,
        alarms=[key for key in rules().questions if key in set(alarms)],
        asked_at=now,
        due_on=add_working_days(
            day, rules().call_working_days, local_law=settings.DEPARTEMENT in LOCAL_LAW
        ),
    )
    if email and all(known.email != email for known in waiting):  # an address is told once
        queue_email(
            to=email,
            template="directory/emails/call_asked",
            context={"call": call},
            language=language,
            dedup_key=f"directory.call_asked:{call.pk}",
            unsolicited=True,
            now=now,
        )
    return call


@transaction.atomic(durable=True)
def close_call(*, call_id: int, outcome: str, note: str, by_id: int, now: datetime) -> CallRequest:
    """Write what became of a call. Raises CallRequest.DoesNotExist or CallRefused (closed)."""
    call = CallRequest.objects.select_for_update(of=("self",)).get(pk=call_id)
    if call.handled_at is not None:
        raise CallRefused(_("Un autre agent vient de traiter ce rappel."))
    call.handled_at, call.handled_by_id = now, by_id
    call.outcome, call.note = CallOutcome(outcome), note.strip()
    call.save()
    return call
