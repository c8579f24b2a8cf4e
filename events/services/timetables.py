"""The timetable of the tables: computed by the worker, told once, changed on the evening.

What was noted, placed by hand or has begun is frozen; computing again only fills what is left.
"""

import logging
import secrets
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from emn.lib.clocks import each
from emn.lib.commit import after_commit
from emn.lib.db import violation_as
from emn.lib.page_cache import touch
from emn.mailings.services import Attachment
from events import calendars
from events.enums import MeetingState, TableRequestStatus, TableSide, TimetableStatus
from events.models import Evening, Meeting, Participant, TableRequest, Timetable
from events.models.rendezvous import AT_A_TABLE
from events.rendezvous import timetable as formula
from events.services.rendezvous import RendezvousRefused, locked_evening, tell_participant
from events.tasks import compute_timetable, tell_tables

logger = logging.getLogger(__name__)

TIME_LIMIT_S = 20
LOST_AFTER = timedelta(minutes=5)
READINGS = 3  # how often requests may change under the computing before it gives up
FAILED = (MeetingState.COMPANY_AWAY, MeetingState.PROVIDER_AWAY)
_PARKED = 100  # slots that no evening has, where meetings wait while they swap


@transaction.atomic(durable=True)
def ask_for_timetable(*, evening_id: int, now: datetime) -> Timetable:
    """Queue the computing of a new version; its seed is drawn now, and kept.

    Raises RendezvousRefused (one is at work, the requests are still open).
    """
    evening = locked_evening(evening_id)
    _require_taking_place(evening)
    if now < evening.requests_close_at:
        raise RendezvousRefused(_("Les demandes sont encore ouvertes : fermez-les d’abord."))
    last = evening.timetables.aggregate(last=Max("version"))["last"] or 0
    with violation_as(
        RendezvousRefused(_("Un horaire est déjà en calcul.")),
        model=Timetable,
        constraint="events_timetable_one_at_work",
    ):
        row = Timetable.objects.create(
            evening=evening, version=last + 1, seed=secrets.randbelow(2**31), asked_at=now
        )
    after_commit(partial(compute_timetable.delay, timetable_id=row.pk))
    return row


@transaction.atomic(durable=True)
def close_requests(*, evening_id: int, now: datetime) -> Evening:
    """End the requests now. Twice is once."""
    evening = locked_evening(evening_id)
    if evening.requests_close_at > now:
        evening.requests_close_at = now
        evening.save(update_fields=["requests_close_at"])
        touch()
    return evening


def compute(*, timetable_id: int, now: datetime) -> bool:
    """Compute one version and write its meetings; False when somebody else has it, or did it.

    No transaction is open while it computes. When requests changed meanwhile it reads them again.
    """
    mine = Timetable.objects.filter(pk=timetable_id, status=TimetableStatus.QUEUED)
    if not mine.update(status=TimetableStatus.RUNNING, started_at=now):
        return False
    row = Timetable.objects.select_related("evening__session").get(pk=timetable_id)

    def progress(stage: str) -> None:
        Timetable.objects.filter(pk=timetable_id).update(stage=stage)

    try:
        for _reading in range(READINGS):
            problem = problem_of(row.evening, now=now)
            found = formula.solve(
                problem, seed=row.seed, time_limit_s=TIME_LIMIT_S, progress=progress
            )
            if _write(timetable_id, problem, found, now=now):
                return True
    except Exception:
        logger.exception("timetable %s failed", timetable_id)
    Timetable.objects.filter(pk=timetable_id).update(status=TimetableStatus.FAILED, stage="")
    return False


def problem_of(evening: Evening, *, now: datetime) -> formula.Problem:
    """Return what is to be placed: accepted requests of those who come, around what is frozen."""
    first = evening.first_open_slot(now=now)
    coming = {
        person.pk: person
        for person in Participant.objects.coming().filter(evening=evening).order_by("pk")
    }
    rows = TableRequest.objects.filter(
        evening=evening, status=TableRequestStatus.ACCEPTED,
        company__in=coming, provider__in=coming,
    ).exclude(meeting__state__in=FAILED)  # fmt: skip
    return formula.Problem(
        wishes=tuple(
            formula.Wish(row.company_id, row.provider_id, row.wish) for row in rows.order_by("pk")
        ),
        slots=evening.slots,
        tables=evening.tables,
        absences=frozenset(
            (_person(person), slot)
            for person in coming.values()
            for slot in person.absent_slots
            if slot < evening.slots
        ),
        kept=tuple(
            formula.Meeting(row.company_id, row.provider_id, row.slot)
            for row in evening.meetings.took_place().filter(_kept(first)).order_by("pk")
        ),
        first_slot=first,
    )


@transaction.atomic(durable=True)
def _write(
    timetable_id: int, problem: formula.Problem, found: formula.Timetable, *, now: datetime
) -> bool:
    """Replace what is not frozen, unless what was computed on has changed: then False."""
    row = Timetable.objects.select_related("evening").get(pk=timetable_id)
    evening = locked_evening(row.evening_id)
    if problem_of(evening, now=now) != problem:
        return False
    evening.meetings.exclude(_kept(problem.first_slot)).delete()
    requests = {
        (one.company_id, one.provider_id): one.pk
        for one in TableRequest.objects.filter(evening=evening, status=TableRequestStatus.ACCEPTED)
    }
    Meeting.objects.bulk_create(
        Meeting(
            request_id=requests[one.company, one.provider], evening=evening, company_id=one.company,
            provider_id=one.provider, slot=one.slot, table=table,
        )
        for one, table in _at_tables(evening, found.meetings)
    )  # fmt: skip
    wishes = len(problem.placeable)
    row.status, row.stage, row.done_at = TimetableStatus.DONE, "", timezone.now()
    row.method = f"v{formula.VERSION} · {found.method}"
    row.figures = {
        "wishes": wishes,
        "met": len(found.meetings),
        "people": len(problem.people),
        "served": found.score.served,
        "most_served": found.most_served,
        "weight": found.score.weight,
        "most_weight": found.most_weight,
        "is_proven": found.is_proven,
        "gap": round(found.gap, 4),
        "seconds": round(found.seconds, 2),
    }
    row.save(update_fields=["status", "stage", "done_at", "method", "figures"])
    if is_told(evening):
        row.told_at = now
        row.save(update_fields=["told_at"])
        after_commit(partial(tell_tables.delay, evening_id=evening.pk))
    touch()
    return True


def _at_tables(
    evening: Evening, meetings: Iterable[formula.Meeting]
) -> list[tuple[formula.Meeting, int]]:
    """Give each meeting a table: a provider keeps the same one where there are enough."""
    providers = list(
        evening.participants.filter(side=TableSide.PROVIDER).order_by("pk").values_list(
            "pk", flat=True
        )
    )  # fmt: skip
    own = {pk: place for place, pk in enumerate(providers, 1) if place <= evening.tables}
    taken = set(evening.meetings.took_place().values_list("slot", "table"))
    placed = []
    left = []
    for one in meetings:
        table = own.get(one.provider)
        if table is not None and (one.slot, table) not in taken:
            taken.add((one.slot, table))
            placed.append((one, table))
        else:
            left.append(one)
    for one in left:
        table = _free_table(evening, taken, one.slot)
        assert table is not None  # the timetable holds the number of tables
        taken.add((one.slot, table))
        placed.append((one, table))
    return placed


def _free_table(evening: Evening, taken: set[tuple[int, int]], slot: int) -> int | None:
    return next(
        (table for table in range(1, evening.tables + 1) if (slot, table) not in taken), None
    )


# --- Telling ---


def is_told(evening: Evening) -> bool:
    """Whether people were told a timetable of this evening."""
    return evening.timetables.filter(told_at__isnull=False).exists()


@transaction.atomic(durable=True)
def announce(*, evening_id: int, now: datetime) -> Timetable:
    """Tell the last timetable to everyone it concerns. Twice is once. Raises RendezvousRefused."""
    evening = locked_evening(evening_id)
    _require_taking_place(evening)
    row = evening.timetables.filter(status=TimetableStatus.DONE).order_by("-version").first()
    if row is None:
        raise RendezvousRefused(_("Aucun horaire n’est calculé."))
    if row.told_at is None:
        row.told_at = now
        row.save(update_fields=["told_at"])
    after_commit(partial(tell_tables.delay, evening_id=evening.pk))
    return row


def tell(*, evening_id: int, now: datetime) -> int:
    """Write to each participant whose meetings to come are not those last told; return how many.

    Whose plan changed is asked of the whole evening at once; each is read again under its lock.
    One that fails is logged, and told at the next turn of the clock: the others hear now.
    """
    evening = Evening.objects.select_related("session").get(pk=evening_id)
    if not evening.session.takes_place or not is_told(evening):
        return 0
    return each(_untold(evening, now=now), _tell_one, now=now)


def _untold(evening: Evening, *, now: datetime) -> list[int]:
    first = evening.first_open_slot(now=now)
    plans: dict[int, list[list[Any]]] = defaultdict(list)
    for one in evening.meetings.took_place().order_by("slot", "pk"):
        for pk in (one.company_id, one.provider_id):
            plans[pk].append(_told_as(evening, one))
    people = evening.participants.coming().order_by("pk").values_list("pk", "told_plan")
    return [pk for pk, told in people if _ahead(plans[pk], first) != _ahead(told, first)]


def _told_as(evening: Evening, meeting: Meeting) -> list[Any]:
    """Return the line of `Participant.told_plan` that says this meeting."""
    start = evening.slot_start(meeting.slot).isoformat()
    place = evening.session.room_id or evening.session.elsewhere
    return [meeting.request_id, meeting.slot, meeting.table, start, place]


def due_tellings(*, now: datetime) -> list[int]:
    """Return the evenings to come, or under way, whose tables were announced."""
    rows = Evening.objects.filter(session__ends_at__gt=now, timetables__told_at__isnull=False)
    return list(rows.order_by("pk").values_list("pk", flat=True).distinct())


@transaction.atomic(durable=True)
def _tell_one(participant_id: int, now: datetime) -> int:
    rows = Participant.objects.coming().select_for_update(of=("self",))
    me = (
        rows.select_related("evening__session__room", "registration", "provider")
        .filter(pk=participant_id)
        .first()
    )
    if me is None:
        return 0
    first = me.evening.first_open_slot(now=now)
    meetings = plan_of(me)
    plan = [_told_as(me.evening, one) for one in meetings]
    if _ahead(plan, first) == _ahead(me.told_plan, first):
        return 0
    gone = [line for line in me.told_plan if line[0] not in {one.request_id for one in meetings}]
    me.told_plan, me.told_count = plan, me.told_count + 1
    me.save(update_fields=["told_plan", "told_count"])
    calendar = _in_each_language(me, meetings, gone, now=now)
    tell_participant(
        me, "tables_told", now=now, stamp=me.told_count,
        attachments={
            language: [Attachment("tables.ics", "text/calendar", content)]
            for language, content in calendar.items()
        },
        lines=[line_of(me, one) for one in meetings if one.slot >= first],
        is_first=me.told_count == 1,
    )  # fmt: skip
    return 1


def call_off(me: Participant, *, now: datetime) -> dict[str, bytes]:
    """Return, by language, the calendar that takes back the tables that were told; an inner step.

    The evening does not take place: nothing is told of them afterwards.
    """
    gone, me.told_plan, me.told_count = me.told_plan, [], me.told_count + 1
    me.save(update_fields=["told_plan", "told_count"])
    return _in_each_language(me, [], gone, now=now)


def _in_each_language(
    me: Participant, meetings: list[Meeting], gone: list[list[Any]], *, now: datetime
) -> dict[str, bytes]:
    found = {}
    for language, _name in settings.LANGUAGES:
        with override(language):
            found[language] = calendar_of(me, meetings, gone, now=now)
    return found


def plan_of(me: Participant) -> list[Meeting]:
    """Return the meetings of one participant, in order."""
    rows = Meeting.objects.filter(Q(company=me) | Q(provider=me)).took_place()
    return list(
        rows.select_related(
            "company__registration", "company__provider", "provider__provider",
            "provider__registration", "evening__session",
        ).order_by("slot", "pk")
    )  # fmt: skip


def line_of(me: Participant, meeting: Meeting) -> dict[str, Any]:
    """Return what a page or a message says of a meeting: hour, table, whom."""
    other = meeting.other(me)
    clock = me.evening.session.clock
    return {
        "meeting": meeting,
        "start": me.evening.slot_start(meeting.slot).astimezone(clock),
        "table": meeting.table,
        "name": other.shown_name,
        "person": other.registration.full_name if other.registration else "",
        "provider": other.provider,
    }


def calendar_of(
    me: Participant, meetings: list[Meeting], gone: list[list[Any]], *, now: datetime
) -> bytes:
    """Return the meetings as a calendar; those that were told and are no more, cancelled."""
    session = me.evening.session
    place = calendars.place(session)
    entries = [
        calendars.Entry(
            uid=_uid(me, one.request_id),
            start=me.evening.slot_start(one.slot),
            minutes=20,
            summary=_("Table %(table)s : %(name)s")
            % {"table": one.table, "name": one.other(me).shown_name},
            place=place,
            is_cancelled=False,
        )
        for one in meetings
    ]
    entries += [
        calendars.Entry(
            uid=_uid(me, request_id), start=me.evening.slot_start(slot), minutes=20,
            summary=_("Table annulée"), place=place, is_cancelled=True,
        )
        for request_id, slot, *_said in gone
    ]  # fmt: skip
    return calendars.entries(entries, session.clock, sequence=me.told_count, stamp=now)


def _uid(me: Participant, request_id: int) -> str:
    return f"table-{request_id}-{me.pk}@{settings.CENTRE_SHORT_NAME.lower()}"


def _ahead(plan: list[list[Any]], first: int) -> list[list[Any]]:
    return [list(line) for line in plan if line[1] >= first]


# --- On the evening ---


@transaction.atomic(durable=True)
def note_meeting(*, meeting_id: int, state: MeetingState) -> Meeting:
    """Note what became of a meeting; noted, no computing moves it. «Prévu» takes a note back.

    Raises Meeting.DoesNotExist or RendezvousRefused (its people, or all tables, were taken).
    """
    evening, meeting = _locked_meeting(meeting_id)
    meeting.state = state
    meeting.is_frozen = state != MeetingState.PLANNED
    if state in AT_A_TABLE:
        _require_room(evening, meeting)
    meeting.save(update_fields=["state", "is_frozen", "table"])
    return meeting


def _require_room(evening: Evening, meeting: Meeting) -> None:
    """Give a meeting taken back a table: meanwhile its people or its table may have been taken."""
    there = evening.meetings.filter(slot=meeting.slot, state__in=AT_A_TABLE).exclude(pk=meeting.pk)
    if there.filter(Q(company=meeting.company_id) | Q(provider=meeting.provider_id)).exists():
        raise RendezvousRefused(_("L’un des deux est déjà à une table à ce créneau."))
    taken = set(there.values_list("slot", "table"))
    if (meeting.slot, meeting.table) in taken:
        table = _free_table(evening, taken, meeting.slot)
        if table is None:
            raise RendezvousRefused(_("Aucune table n’est libre à ce créneau."))
        meeting.table = table


@transaction.atomic(durable=True)
def note_away(*, participant_id: int, now: datetime) -> Participant:
    """Note that somebody is not there, or has left: their tables to come are free at once."""
    evening_id = Participant.objects.values_list("evening", flat=True).get(pk=participant_id)
    evening = locked_evening(evening_id)
    me = evening.participants.select_related("registration", "provider").get(pk=participant_id)
    first = evening.first_open_slot(now=now)
    me.absent_slots = sorted({*me.absent_slots, *range(first, evening.slots)})
    me.save(update_fields=["absent_slots"])
    mine = evening.meetings.filter(Q(company=me) | Q(provider=me), state=MeetingState.PLANNED)
    mine.filter(slot__gte=first).delete()
    after_commit(partial(tell_tables.delay, evening_id=evening.pk))
    return me


@transaction.atomic(durable=True)
def note_back(*, participant_id: int, now: datetime) -> Participant:
    """Take «away» back: the slots to come are free again, and offered; no freed meeting returns."""
    evening_id = Participant.objects.values_list("evening", flat=True).get(pk=participant_id)
    evening = locked_evening(evening_id)
    me = evening.participants.get(pk=participant_id)
    first = evening.first_open_slot(now=now)
    me.absent_slots = [slot for slot in me.absent_slots if slot < first]
    me.save(update_fields=["absent_slots"])
    return me


@transaction.atomic(durable=True)
def move_meeting(*, meeting_id: int, slot: int, now: datetime) -> Meeting:
    """Put a meeting at another slot; those of its two people that stand there take its place.

    Moved by hand, they are frozen. Raises RendezvousRefused when somebody cannot be there.
    """
    evening, meeting = _locked_meeting(meeting_id)
    first = evening.first_open_slot(now=now)
    if not first <= slot < evening.slots or meeting.slot < first:
        raise RendezvousRefused(_("Seuls les créneaux à venir se changent."))
    if meeting.state != MeetingState.PLANNED:
        raise RendezvousRefused(_("Ce rendez-vous est déjà noté."))
    there = list(
        evening.meetings.select_related("company", "provider")
        .took_place()
        .filter(Q(company=meeting.company_id) | Q(provider=meeting.provider_id), slot=slot)
        .order_by("pk")
    )
    if meeting.slot == slot:
        return meeting
    moves = [(meeting, slot), *[(other, meeting.slot) for other in there]]
    moved = {one.pk for one, _to in moves}
    rest = [one for one in evening.meetings.took_place() if one.pk not in moved]
    for one, to in moves:
        for person in (one.company, one.provider):
            if to in person.absent_slots or any(
                other.slot == to and person.pk in {other.company_id, other.provider_id}
                for other in rest
            ):
                raise RendezvousRefused(
                    _("%(name)s n’est pas libre à ce créneau.") % {"name": person.shown_name}
                )
    taken = {(one.slot, one.table) for one in rest}
    for one, _to in moves:  # out of the way first: each row is checked as it is written
        Meeting.objects.filter(pk=one.pk).update(slot=_PARKED + one.pk % 1000)
    for one, to in moves:
        table = one.table if (to, one.table) not in taken else _free_table(evening, taken, to)
        if table is None:
            raise RendezvousRefused(_("Aucune table n’est libre à ce créneau."))
        taken.add((to, table))
        one.slot, one.table, one.is_frozen = to, table, True
        one.save(update_fields=["slot", "table", "is_frozen"])
    after_commit(partial(tell_tables.delay, evening_id=evening.pk))
    return meeting


@transaction.atomic(durable=True)
def seat_now(*, company_id: int, provider_id: int, slot: int, now: datetime) -> Meeting:
    """Seat two people who are free, at a slot that somebody left; both said yes in the room."""
    evening_id = Participant.objects.values_list("evening", flat=True).get(pk=company_id)
    evening = locked_evening(evening_id)
    rows = Participant.objects.coming().filter(evening=evening)
    company = rows.get(pk=company_id, side=TableSide.COMPANY)
    provider = rows.get(pk=provider_id, side=TableSide.PROVIDER)
    here = evening.meetings.filter(slot=slot)
    if slot >= evening.slots or evening.slot_end(slot) <= now:
        raise RendezvousRefused(_("Ce créneau est passé."))
    if here.took_place().filter(Q(company=company) | Q(provider=provider)).exists():
        raise RendezvousRefused(_("L’un des deux est déjà à une table à ce créneau."))
    request, _is_new = TableRequest.objects.get_or_create(
        company=company, provider=provider,
        defaults={"evening": evening, "asked_by": TableSide.COMPANY, "asked_at": now, "wish": 1},
    )  # fmt: skip
    if Meeting.objects.filter(request=request).exists():
        raise RendezvousRefused(_("Ces deux personnes ont déjà leur table."))
    table = _free_table(evening, set(here.took_place().values_list("slot", "table")), slot)
    if table is None:
        raise RendezvousRefused(_("Aucune table n’est libre à ce créneau."))
    request.status, request.answered_at = TableRequestStatus.ACCEPTED, now
    request.save(update_fields=["status", "answered_at"])
    meeting = Meeting.objects.create(
        request=request, evening=evening, company=company, provider=provider, slot=slot,
        table=table, is_frozen=True,
    )  # fmt: skip
    after_commit(partial(tell_tables.delay, evening_id=evening.pk))
    return meeting


def due_gone(*, now: datetime) -> list[int]:
    """Return the evenings where somebody who no longer comes still has a table to come."""
    rows = Meeting.objects.filter(
        state=MeetingState.PLANNED,
        evening__session__ends_at__gt=now,
        evening__tables_start_at__gt=now,
    ).exclude(company__in=Participant.objects.coming(), provider__in=Participant.objects.coming())
    return sorted(set(rows.values_list("evening", flat=True)))


@transaction.atomic(durable=True)
def free_gone(evening_id: int, now: datetime) -> int:
    """Free the tables of those who no longer come; whom they would have met is told."""
    evening = locked_evening(evening_id)
    coming = set(evening.participants.coming().values_list("pk", flat=True))
    rows = evening.meetings.filter(
        state=MeetingState.PLANNED, slot__gte=evening.first_open_slot(now=now)
    ).exclude(company__in=coming, provider__in=coming)
    freed, _by_model = rows.delete()
    if freed:
        after_commit(partial(tell_tables.delay, evening_id=evening.pk))
    return freed


def _require_taking_place(evening: Evening) -> None:
    if not evening.session.takes_place:
        raise RendezvousRefused(_("Cette soirée n’a pas lieu."))


def recover(*, now: datetime) -> int:
    """Ring again for what waits, and take back what a dead worker held; return how many."""
    lost = Timetable.objects.filter(
        status=TimetableStatus.RUNNING, started_at__lt=now - LOST_AFTER
    ).update(status=TimetableStatus.QUEUED, started_at=None, stage="")
    waiting = Timetable.objects.filter(
        status=TimetableStatus.QUEUED, asked_at__lt=now - timedelta(minutes=1)
    )
    keys = list(waiting.order_by("pk").values_list("pk", flat=True))
    for pk in keys:
        compute_timetable.delay(timetable_id=pk)
    return lost + len(keys)


def _kept(first: int) -> Q:
    """Keep what computing may not move."""
    return Q(is_frozen=True) | ~Q(state=MeetingState.PLANNED) | Q(slot__lt=first)


def _person(participant: Participant) -> formula.Person:
    return ("company" if participant.is_company else "provider", participant.pk)


def _locked_meeting(meeting_id: int) -> tuple[Evening, Meeting]:
    evening_id = Meeting.objects.values_list("evening", flat=True).get(pk=meeting_id)
    evening = locked_evening(evening_id)
    rows = evening.meetings.select_related(
        "company__registration", "provider__provider", "company__provider", "provider__registration"
    )
    return evening, rows.get(pk=meeting_id)
