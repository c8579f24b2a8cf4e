"""What the door's device asks for: the page without anybody's name, the list, and to be heard.

A device keeps the list encrypted and says what happened once the network is back (ADR 15).
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from emn.lib.access import public, staff
from emn.lib.admin import agent_id
from emn.lib.db import posted_key
from emn.lib.offline import sent_acts, stamp_of, state_response, worker_response
from events import door_wording
from events.enums import RegistrationStatus, SeatMode
from events.models import Scan
from events.models.registrations import COMING
from events.services import doors
from events.services.seats import TryAgain
from events.views.door import HANDLE, SCAN, opened, shown, with_camera

LONGEST_CODE = 400
_DOES = {"scan", "enter", "undo"}
_STATES: dict[str, str] = {
    **dict.fromkeys(COMING, "coming"),
    RegistrationStatus.ABSENT: "absent",
    RegistrationStatus.PRESENT: "present",
    RegistrationStatus.WAITING: "waiting",
}


@public
@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """Give the service worker, from here so that it watches over the pages below and no other."""
    return worker_response()


@staff(SCAN)
@require_safe
@with_camera
def shell(request: HttpRequest, session_id: int) -> HttpResponse:
    """Show the door without a name: what a device keeps of the page."""
    context = shown(request, opened(session_id)) | {"is_shell": True}
    return render(request, "events/door/door.html", context)


@staff(SCAN)
@require_safe
def listed(request: HttpRequest, session_id: int) -> HttpResponse:
    """Give the list of the session, until two hours after its end; 304 when it has not changed."""
    session, now = opened(session_id), timezone.now()
    today = timezone.localdate(now)
    until = session.ends_at + doors.KEPT_AFTER_END
    kept = doors.list_of(session, today=today) if doors.may_stay_on_device(session, now=now) else []
    labels = {str(key): str(label) for key, label in RegistrationStatus.choices}
    answer: dict[str, Any] = {
        "until": until,
        "agent": agent_id(request),
        "modes": {mode: str(SeatMode(mode).label) for mode in _modes(kept)},
        "people": [_person(row, labels) for row in kept],
    }
    return state_response(request, answer, now=now, default=_said)


@staff(SCAN)
@require_POST
def acts(request: HttpRequest, session_id: int) -> HttpResponse:
    """Note the acts that a device kept, in their order; say what each came to.

    What cannot be an act is answered too, so that it leaves the queue. `again`: too many people at
    once, the acts without an answer are to be sent later.
    """
    session, now = opened(session_id), timezone.now()
    given = sent_acts(request)
    if given is None:
        return JsonResponse({"error": _("Ces pointages ne se lisent pas.")}, status=400)
    answers, again = [], False
    read = [(raw, _read(raw, may_handle=request.user.has_perm(HANDLE))) for raw in given]
    for raw, act in read:
        if act is None:
            answers.append(_refused(raw))
            continue
        try:
            noted = list(
                doors.replay(session_id=session.pk, acts=[act], by_id=agent_id(request), now=now)
            )
        except TryAgain:
            again = True
            break
        answers.append(_answer(raw, noted[0][1]))
    return JsonResponse({"acts": answers, "again": again})


def _read(raw: dict[str, Any], *, may_handle: bool) -> doors.Act | None:
    """Return the act that a device describes; None for what is none, or not for this agent."""
    do, code = raw.get("do"), raw.get("code", "")
    if (
        not isinstance(do, str)
        or do not in _DOES
        or (do != "scan" and not may_handle)
        or not isinstance(code, str)
    ):
        return None
    stamp = stamp_of(raw)
    if stamp is None:
        return None
    client_id, at = stamp
    return doors.Act(client_id, do, at, code[:LONGEST_CODE], posted_key(raw.get("entry")) or None)


def _answer(raw: dict[str, Any], scan: Scan | None) -> dict[str, Any]:
    if scan is None:
        return _refused(raw)
    said = door_wording.said(scan)
    return {
        "client_id": raw.get("client_id"), "outcome": scan.outcome, "tone": said.tone,
        "title": said.title, "text": said.text, "entry": scan.registration_id,
    }  # fmt: skip


def _refused(raw: dict[str, Any]) -> dict[str, Any]:
    return {
        "client_id": raw.get("client_id"), "outcome": "refused", "tone": "alert", "title": "",
        "text": _("Cet acte n’est pas possible ici, ou ne vous est pas permis."), "entry": None,
    }  # fmt: skip


def _person(row: doors.Listed, labels: dict[str, str]) -> dict[str, Any]:
    return {
        "id": row.entry_id, "hash": row.digest, "name": row.name, "company": row.company,
        "companions": row.companions, "people": row.people, "unpaid": row.is_unpaid,
        "mode": row.mode, "state": _STATES.get(row.status, "none"), "words": labels[row.status],
        "at": row.entered_at, "by": row.entered_by,
    }  # fmt: skip


def _modes(kept: Iterable[doors.Listed]) -> list[str]:
    return sorted({row.mode for row in kept}, key=SeatMode.values.index)


def _said(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
