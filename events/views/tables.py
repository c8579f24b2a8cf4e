"""The tables: one page a participant, whichever side; one page for staff on the evening."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from emn.lib.access import staff, token
from emn.lib.errors import DomainError
from emn.lib.templatetags.french import clock
from events import wording
from events.enums import MeetingState, TableRequestStatus, TimetableStatus
from events.models import Evening, Meeting, Participant, TableRequest
from events.rendezvous_forms import WISHES, OutcomesForm, TableSettingsForm
from events.services import outcomes, timetables
from events.services import rendezvous as places
from events.services import tables as services
from events.views.voting import RUN

_METHODS = ["GET", "HEAD", "POST"]
LISTED = 200
_STAGES = {
    "bound": gettext_lazy("calcule le meilleur possible"),
    "place": gettext_lazy("place les rendez-vous"),
    "search": gettext_lazy("cherche mieux, vingt secondes au plus"),
}
_GONE = (Participant.DoesNotExist, TableRequest.DoesNotExist, Meeting.DoesNotExist)


def _hours(evening: Evening) -> list[tuple[int, str]]:
    """Return each slot with its hour in words."""
    with timezone.override(evening.session.clock):
        return [(slot, clock(evening.slot_start(slot))) for slot in range(evening.slots)]


def _participant(value: str) -> Participant:
    found = places.participant_of(value)
    if found is None:
        raise Http404(_("Ce lien ne mène plus nulle part."))
    return found


@csrf_exempt
@token
@require_http_methods(_METHODS)
def tables(request: HttpRequest, token: str) -> HttpResponse:
    """Ask for tables, answer, say when one cannot; then read one's timetable."""
    me = _participant(token)
    refusal = ""
    if request.method == "POST":
        try:
            _act(request, me)
        except _GONE as gone:
            raise Http404 from gone
        except DomainError as refused:
            refusal = refused.message
        else:
            response = redirect("rendezvous:tables", token)
            response["Location"] += f"?dit={request.POST.get('do', '')}"
            return response
    context = _tables_context(me) | {
        "token": token,
        "refusal": refusal,
        "said": request.GET.get("dit", "") if request.method != "POST" else "",
    }
    status = 409 if refusal else 200
    return render(request, "events/rendezvous/tables.html", context, status=status)


def _tables_context(me: Participant) -> dict[str, Any]:
    now = timezone.now()
    evening = me.evening
    mine = TableRequest.objects.filter(evening=evening).exclude(status=TableRequestStatus.WITHDRAWN)
    mine = mine.filter(company=me) if me.is_company else mine.filter(provider=me)
    requests = list(
        mine.select_related(
            "company__registration", "company__provider", "provider__provider",
            "provider__registration",
        ).order_by("-asked_at", "-pk")
    )  # fmt: skip
    others = evening.participants.coming().exclude(side=me.side)
    if not me.is_company:
        others = others.filter(is_shown=True)
    asked = {row.provider_id if me.is_company else row.company_id for row in requests}
    hours = dict(_hours(evening))
    told = timetables.is_told(evening)
    plan = timetables.plan_of(me) if told else []
    return {
        "me": me,
        "evening": evening,
        "session": evening.session,
        "when": wording.when(evening.session),
        "where": wording.place(evening.session),
        "is_open": evening.takes_requests(now=now),
        "opens_at": evening.requests_open_at,
        "is_early": now < evening.requests_open_at,
        "received": [
            (row, row.company if not me.is_company else row.provider)
            for row in requests
            if row.asked_by != me.side
        ],
        "sent": [
            (row, row.provider if me.is_company else row.company)
            for row in requests
            if row.asked_by == me.side
        ],
        "others": [
            other
            for other in others.select_related("registration", "provider").order_by("pk")[:LISTED]
            if other.pk not in asked
        ],
        "wishes": WISHES,
        "is_told": told,
        "plan": [{**timetables.line_of(me, one), "hour": hours.get(one.slot, "")} for one in plan],
        "form": TableSettingsForm(
            participant=me,
            slots=list(hours.items()),
            initial={"is_shown": me.is_shown, "absent_slots": me.absent_slots},
        ),
    }


def _act(request: HttpRequest, me: Participant) -> None:
    now, given = timezone.now(), request.POST
    do = given.get("do", "")
    row = _number(given.get("request"))
    acts: dict[str, Callable[[], object]] = {
        "ask": lambda: services.ask_for_table(
            participant_id=me.pk,
            other_id=_number(given.get("other")),
            wish=min(max(_number(given.get("wish")), 1), 3),
            now=now,
        ),
        "accept": lambda: services.answer_request(
            participant_id=me.pk, request_id=row, accepted=True, now=now
        ),
        "decline": lambda: services.answer_request(
            participant_id=me.pk, request_id=row, accepted=False, now=now
        ),
        "withdraw": lambda: services.withdraw_request(
            participant_id=me.pk, request_id=row, now=now
        ),
        "settings": lambda: services.set_wishes(
            participant_id=me.pk,
            is_shown="is_shown" in given,
            absent_slots=[_number(value) for value in given.getlist("absent_slots")],
            now=now,
        ),
    }
    if do not in acts:
        raise Http404
    acts[do]()


@token
@require_safe
def tables_calendar(request: HttpRequest, token: str) -> HttpResponse:
    """Give one's own tables to a calendar."""
    me = _participant(token)
    plan = timetables.plan_of(me) if timetables.is_told(me.evening) else []
    content = timetables.calendar_of(me, plan, [], now=me.evening.session.changed_at)
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'inline; filename="tables.ics"'
    return response


@csrf_exempt
@token
@require_http_methods(_METHODS)
def outcome(request: HttpRequest, token: str) -> HttpResponse:
    """Ask, on one page, what came of each meeting."""
    me = _participant(token)
    meetings = timetables.plan_of(me)
    is_over = me.evening.session.ends_at <= timezone.now()
    if not meetings or not is_over:
        raise Http404
    is_sent = request.method == "POST"
    form = OutcomesForm(request.POST if is_sent else None, participant=me, meetings=meetings)
    if form.is_valid():
        outcomes.answer(participant_id=me.pk, answers=form.answers(), now=timezone.now())
        response = redirect("rendezvous:outcome", token)
        response["Location"] += "?dit=merci"
        return response
    context = {
        "me": me,
        "session": me.evening.session,
        "form": form,
        "said": request.GET.get("dit", "") if not is_sent else "",
    }
    return render(request, "events/rendezvous/outcome.html", context)


# --- Staff, on the evening ---


@staff(RUN)
@require_http_methods(_METHODS)
def live(request: HttpRequest, evening_id: int) -> HttpResponse:
    """Run the tables: note, move, seat who is free, compute the rest again."""
    rows = Evening.objects.select_related("session__room")
    evening = get_object_or_404(rows, pk=evening_id)
    refusal = ""
    if request.method == "POST":
        try:
            _run(request, evening)
        except _GONE as gone:
            raise Http404 from gone
        except DomainError as refused:
            refusal = refused.message
        else:
            return redirect("rendezvous:live", evening.pk)
    context = _live_context(evening) | {"refusal": refusal}
    status = 409 if refusal else 200
    return render(request, "events/rendezvous/live.html", context, status=status)


def _live_context(evening: Evening) -> dict[str, Any]:
    now = timezone.now()
    first = evening.first_open_slot(now=now)
    meetings = list(
        evening.meetings.select_related(
            "company__registration", "company__provider", "provider__provider",
            "provider__registration",
        ).order_by("slot", "table", "pk")
    )  # fmt: skip
    people = list(
        evening.participants.coming().select_related("registration", "provider").order_by("pk")
    )
    met = {one.request_id for one in meetings}
    wanted = list(
        TableRequest.objects.filter(evening=evening, status=TableRequestStatus.ACCEPTED)
        .exclude(pk__in=met)
        .order_by("-wish", "pk")
    )
    last = evening.timetables.order_by("-version").first()
    by_pk = {person.pk: person for person in people}
    columns = []
    for slot, hour in _hours(evening):
        here = [one for one in meetings if one.slot == slot]
        busy = {
            pk
            for one in here
            if one.state in {MeetingState.PLANNED, MeetingState.HELD}
            for pk in (one.company_id, one.provider_id)
        }
        free = {
            person.pk
            for person in people
            if person.pk not in busy and slot not in person.absent_slots
        }
        offers = [
            (by_pk[row.company_id], by_pk[row.provider_id])
            for row in wanted
            if row.company_id in free and row.provider_id in free
        ]
        is_over = evening.slot_end(slot) <= now
        columns.append(
            {
                "slot": slot,
                "hour": hour,
                "meetings": here,
                "offers": [] if is_over else offers[:6],
                "is_now": evening.slot_start(slot) <= now and not is_over,
                "is_over": is_over,
                "may_move": slot >= first,
            }
        )
    return {
        "evening": evening,
        "session": evening.session,
        "when": wording.when(evening.session),
        "columns": columns,
        "hours": [(slot, hour) for slot, hour in _hours(evening) if slot >= first],
        "people": people,
        "away": {
            person.pk
            for person in people
            if first < evening.slots and {*range(first, evening.slots)} <= {*person.absent_slots}
        },
        "timetable": last,
        "is_working": last is not None
        and last.status in {TimetableStatus.QUEUED, TimetableStatus.RUNNING},
        "stage": _STAGES.get(last.stage, "") if last is not None else "",
        "is_told": timetables.is_told(evening),
        "are_requests_open": now < evening.requests_close_at,
        "unmet": len(wanted),
        "states": [state for state in MeetingState if state != MeetingState.PLANNED],
    }


def _run(request: HttpRequest, evening: Evening) -> None:
    now, given = timezone.now(), request.POST
    meeting = _number(given.get("meeting"))
    if meeting and not evening.meetings.filter(pk=meeting).exists():
        raise Meeting.DoesNotExist
    people = [_number(given.get(name)) for name in ("participant", "company", "provider")]
    known = set(evening.participants.values_list("pk", flat=True))
    if any(pk and pk not in known for pk in people):
        raise Participant.DoesNotExist
    slot = _number(given.get("slot"))
    do = given.get("do", "")
    if do in MeetingState.values:
        timetables.note_meeting(meeting_id=meeting, state=MeetingState(do))
        return
    acts: dict[str, Callable[[], object]] = {
        "close": lambda: timetables.close_requests(evening_id=evening.pk, now=now),
        "compute": lambda: timetables.ask_for_timetable(evening_id=evening.pk, now=now),
        "tell": lambda: timetables.announce(evening_id=evening.pk, now=now),
        "move": lambda: timetables.move_meeting(meeting_id=meeting, slot=slot, now=now),
        "away": lambda: timetables.note_away(participant_id=people[0], now=now),
        "back": lambda: timetables.note_back(participant_id=people[0], now=now),
        "seat": lambda: timetables.seat_now(
            company_id=people[1], provider_id=people[2], slot=slot, now=now
        ),
    }
    if do not in acts:
        raise Http404
    acts[do]()


def _number(value: str | None) -> int:
    return int(value) if value and value.isascii() and value.isdecimal() and len(value) < 10 else 0  # noqa: PLR2004 -- no slot nor key is longer
