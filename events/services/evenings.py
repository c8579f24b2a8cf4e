"""An evening that moves or is called off: the providers who count on it are told, once.

Registrants hear of it by their registration (events.services.clocks).
"""

from collections import defaultdict
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import override

from directory.services.telling import people_of
from emn.accounts.models import User
from emn.mailings.services import Attachment, queue_email
from events import calendars
from events.enums import EndReason, PitchStatus, SessionStatus, TableSide
from events.models import Evening
from events.models.registrations import ACTIVE
from events.services.registrations import fold_email
from events.services.timetables import call_off

WAITING_OR_CHOSEN = (PitchStatus.SENT, PitchStatus.CHOSEN)


def due_changes(*, now: datetime) -> list[int]:
    """Return the evenings to come whose providers do not know that they moved or are off."""
    rows = Evening.objects.filter(session__ends_at__gt=now).filter(
        Q(session__status=SessionStatus.PUBLISHED, session__moved_sequence__gt=F("told_sequence"))
        | Q(session__status=SessionStatus.CANCELLED, session__sequence__gt=F("told_sequence"))
    )
    return list(rows.order_by("pk").values_list("pk", flat=True))


@transaction.atomic(durable=True)
def tell_providers(evening_id: int, now: datetime) -> int:
    """Write to each person of the providers that hold a table, pitch, or wait for the choice.

    Who is registered as well hears of it by that, unless tables must leave their calendar. Return
    how many were told; 0 when it was done, or when another worker does it.
    """
    rows = Evening.objects.select_for_update(of=("self",), skip_locked=True)
    evening = rows.select_related("session__room").filter(pk=evening_id).first()
    if evening is None or evening.told_sequence >= evening.session.sequence:
        return 0
    evening.told_sequence = evening.session.sequence
    evening.save(update_fields=["told_sequence"])
    is_off = evening.session.is_cancelled
    tables = _tables_called_off(evening, now=now) if is_off else {}
    registered = _registered(evening)
    people = [
        one
        for one in _people(evening)
        if one.pk in tables or fold_email(one.email) not in registered
    ]
    for person in people:
        _tell(evening, person, tables.get(person.pk, []), now=now)
    return len(people)


def _people(evening: Evening) -> list[User]:
    places = evening.participants.filter(side=TableSide.PROVIDER, left_at=None)
    pitches = evening.pitches.filter(status__in=WAITING_OR_CHOSEN)
    companies = {
        *places.values_list("provider__company", flat=True),
        *pitches.values_list("provider__company", flat=True),
    }
    found = {person.pk: person for pk in sorted(companies) for person in people_of(pk)}
    return [found[pk] for pk in sorted(found)]


def _registered(evening: Evening) -> set[str]:
    """Return the mailboxes that their registration tells."""
    told = Q(end_reason=EndReason.SESSION) if evening.session.is_cancelled else Q(status__in=ACTIVE)
    return set(evening.session.registrations.filter(told).values_list("email", flat=True))


def _tables_called_off(evening: Evening, *, now: datetime) -> dict[int, list[dict[str, bytes]]]:
    """Return the tables that were told and are no more: by person, one calendar a place."""
    told = evening.participants.filter(side=TableSide.PROVIDER).exclude(told_plan=[])
    rows = told.select_for_update(of=("self",)).select_related("evening__session__room", "provider")
    found: dict[int, list[dict[str, bytes]]] = defaultdict(list)
    for place in rows.order_by("pk"):
        assert place.provider is not None
        calendar = call_off(place, now=now)
        for person in people_of(place.provider.company_id):
            found[person.pk].append(calendar)
    return found


def _tell(evening: Evening, person: User, tables: list[dict[str, bytes]], *, now: datetime) -> None:
    session = evening.session
    with override(person.language):
        content = calendars.one(session)
        page = session if session.is_cancelled else evening  # an evening that is off has no page
        page_url = settings.PUBLIC_URL + page.get_absolute_url()
    attached = [Attachment("rendez-vous.ics", "text/calendar", content)]
    attached += [
        Attachment("tables.ics", "text/calendar", calendar[person.language]) for calendar in tables
    ]
    queue_email(
        to=person.email,
        template=f"events/emails/evening_{'cancelled' if session.is_cancelled else 'moved'}",
        context={"session": session, "page_url": page_url},
        language=person.language,
        dedup_key=f"events.evening_changed:{evening.pk}:{session.sequence}:{person.pk}",
        attachments=attached,
        now=now,
    )
