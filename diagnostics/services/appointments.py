"""Visits: when an adviser can come, taking an appointment, calling it off."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from diagnostics.models import Absence, Adviser, Appointment, Diagnostic, WeeklyHours
from diagnostics.slots import SPAN, VISIT, Range, Week, free_starts
from directory.models import Company
from emn.lib.calendar import LOCAL_LAW
from emn.lib.db import violation_as
from emn.lib.errors import DomainError
from emn.mailings.services import Attachment, queue_email
from events.calendars import Entry, entries

PROPOSED = 12
PROPOSED_A_DAY = 2


class AppointmentRefused(DomainError):
    """The appointment cannot be taken or called off so."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A moment at which an adviser can come."""

    adviser_id: int
    starts_at: datetime


def clock() -> ZoneInfo:
    """Return the clock of the centre."""
    return ZoneInfo(settings.TIME_ZONE)


def slots_for(company: Company, *, now: datetime) -> list[Slot]:
    """Return what is proposed to a company, soonest first; where two can come, the less busy."""
    weeks = _weeks(list(_advisers(company)), now=now)
    load = {adviser_id: len(week.taken) for adviser_id, week in weeks.items()}
    best: dict[datetime, int] = {}
    for adviser_id in sorted(weeks, key=lambda key: (load[key], key)):
        for start in _free(weeks[adviser_id], now=now):
            best.setdefault(start, adviser_id)
    proposed: list[Slot] = []
    a_day: dict[Any, int] = defaultdict(int)
    for start in sorted(best):
        day = start.date()
        a_day[day] += 1
        if a_day[day] <= PROPOSED_A_DAY:
            proposed.append(Slot(best[start], start))
    return proposed[:PROPOSED]


@transaction.atomic(durable=True)
def book(
    *,
    company_id: int,
    adviser_id: int,
    starts_at: datetime,
    user_id: int,
    now: datetime,
    wish: str = "",
    phone: str = "",
    flash_id: int | None = None,
) -> Appointment:
    """Take an appointment for a company of the person, and write to both.

    `flash_id`: a finished flash diagnostic to show to the adviser; nobody's, it goes into the file
    of the company. Raises Company.DoesNotExist (not one of the person's), or AppointmentRefused
    (the slot is taken, a visit is already planned).
    """
    company = Company.objects.select_for_update(of=("self",), no_key=True).get(
        pk=company_id, memberships__user=user_id
    )
    if company.appointments.to_come(now=now).exists():
        raise AppointmentRefused(_("Une visite est déjà prévue : annulez-la pour en changer."))
    taken = AppointmentRefused(_("Ce créneau vient d’être pris. En voici d’autres."))
    covering = _advisers(company).filter(pk=adviser_id).values("pk")
    adviser = (
        Adviser.objects.filter(pk__in=covering)
        .select_for_update(of=("self",))
        .select_related("user")
        .first()
    )
    if adviser is None or starts_at not in _free(_weeks([adviser], now=now)[adviser.pk], now=now):
        raise taken
    with violation_as(
        taken, model=Appointment, constraint="diagnostics_appointment_adviser_once_at_a_time"
    ):
        appointment = Appointment.objects.create(
            adviser=adviser, company=company, starts_at=starts_at, ends_at=starts_at + VISIT,
            wish=wish, phone=phone, booked_at=now, booked_by_id=user_id,
        )  # fmt: skip
    if flash_id is not None:
        Diagnostic.objects.filter(pk=flash_id, company=None, result__isnull=False).update(
            company=company, claimed_at=now, claimed_by=user_id
        )
    _tell(appointment, "appointment_booked", now=now)
    return appointment


@transaction.atomic(durable=True)
def cancel(*, appointment_id: UUID, now: datetime) -> Appointment:
    """Call a visit off, and write to both. Twice is once.

    Raises Appointment.DoesNotExist, or AppointmentRefused once the interview has begun.
    """
    rows = Appointment.objects.select_for_update(of=("self",))
    appointment = rows.select_related("adviser__user", "company").get(pk=appointment_id)
    if appointment.cancelled_at is not None:
        return appointment
    if appointment.ends_at <= now or Diagnostic.objects.filter(appointment=appointment).exists():
        raise AppointmentRefused(_("Cette visite a commencé : elle ne s’annule plus."))
    appointment.cancelled_at = now
    appointment.save(update_fields=["cancelled_at"])
    _tell(appointment, "appointment_cancelled", now=now)
    return appointment


@transaction.atomic(durable=True)
def renew_calendar(*, adviser_id: int) -> UUID:
    """Give the feed of an adviser a new address, which ends the former."""
    key = uuid4()
    Adviser.objects.filter(pk=adviser_id).update(calendar_key=key)
    return key


def calendar_of(rows: list[Appointment]) -> bytes:
    """Return these visits as a calendar reads them; company and adviser are loaded."""
    stamps = [row.cancelled_at or row.booked_at for row in rows]
    return entries(
        [
            Entry(
                uid=f"{row.pk}@{settings.PUBLIC_URL.partition('://')[2]}",
                start=row.starts_at,
                minutes=int((row.ends_at - row.starts_at).total_seconds()) // 60,
                summary=_("Pré-diagnostic : %(company)s") % {"company": row.company.name},
                place=place_of(row.company),
                is_cancelled=row.cancelled_at is not None,
            )
            for row in rows
        ],
        clock(),
        sequence=int(any(row.cancelled_at for row in rows)),
        stamp=max(stamps) if stamps else datetime.fromtimestamp(0, tz=clock()),
    )


def place_of(company: Company) -> str:
    """Say on one line where a company is."""
    return ", ".join(filter(None, [company.street, company.postcode, company.commune.name]))


def _advisers(company: Company) -> QuerySet[Adviser]:
    return Adviser.objects.covering(company.commune.epci_id).filter(user__is_active=True)


def _weeks(advisers: list[Adviser], *, now: datetime) -> dict[int, Week]:
    """Read what the slots of these advisers depend on (three queries)."""
    keys = [adviser.pk for adviser in advisers]
    taken: dict[int, list[datetime]] = defaultdict(list)
    since = Appointment.objects.standing().filter(adviser__in=keys, starts_at__gt=now - SPAN)
    for key, start in since.values_list("adviser_id", "starts_at"):
        taken[key].append(start)
    ranges: dict[int, list[Range]] = defaultdict(list)
    away: dict[int, list[Any]] = defaultdict(list)
    for hours in WeeklyHours.objects.filter(adviser__in=keys):
        ranges[hours.adviser_id].append(Range(hours.weekday, hours.starts_at, hours.ends_at))
    for absence in Absence.objects.filter(adviser__in=keys):
        away[absence.adviser_id].append((absence.starts_on, absence.ends_on))
    return {
        adviser.pk: Week(
            ranges[adviser.pk], away[adviser.pk], taken[adviser.pk], adviser.visit_limit
        )
        for adviser in advisers
    }


def _free(week: Week, *, now: datetime) -> list[datetime]:
    local_law = settings.DEPARTEMENT in LOCAL_LAW
    return free_starts(week, now=now, clock=clock(), local_law=local_law)


def _tell(appointment: Appointment, kind: str, *, now: datetime) -> None:
    """Write to whoever took the appointment and to the adviser, with the calendar entry."""
    people = ((appointment.booked_by, False), (appointment.adviser.user, True))
    for person, is_adviser in people:
        if person is None:
            continue
        with override(person.language):
            name = "adviser_appointment" if is_adviser else "appointment"
            page = settings.PUBLIC_URL + reverse(f"diagnostics:{name}", args=[appointment.pk])
            attached = Attachment("visite.ics", "text/calendar", calendar_of([appointment]))
        queue_email(
            to=person.email,
            template=f"diagnostics/emails/{kind}",
            context={
                "starts_at": appointment.starts_at,
                "company": appointment.company.name,
                "adviser": str(appointment.adviser),
                "place": place_of(appointment.company),
                "wish": appointment.wish if is_adviser else "",
                "phone": appointment.phone if is_adviser else "",
                "page": page,
            },
            language=person.language,
            dedup_key=f"diagnostics.{kind}:{appointment.pk}:{person.pk}",
            attachments=[attached],
            now=now,
        )
