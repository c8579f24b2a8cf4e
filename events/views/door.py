"""The door of a session, for the centre's people: a scanner that types, a word, a list of names."""

from typing import Any
from uuid import UUID, uuid4

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from emn.lib.access import staff
from emn.lib.admin import agent_id
from emn.lib.errors import DomainError
from emn.lib.text import words
from events import wording
from events.enums import RegistrationStatus
from events.models import Scan, Session
from events.models.registrations import COMING
from events.services import doors

LISTED = 100
LAST_SCANS = 5
LONGEST_KEY = 18  # digits of a bigint that cannot overflow


@staff("events.handle_registration")
@require_http_methods(["GET", "HEAD", "POST"])
def door(request: HttpRequest, session_id: int) -> HttpResponse:
    """Show who is expected and who is in; each act is a button, or a ticket that is read."""
    rows = Session.objects.select_related("room").filter(published_at__isnull=False)
    session = get_object_or_404(rows, pk=session_id)
    refusal = ""
    if request.method == "POST":
        try:
            return _act(request, session)
        except DomainError as refused:
            refusal = refused.message
    asked = request.GET.get("q", "").strip()[:100]
    page = Paginator(_expected(session, asked), LISTED).get_page(request.GET.get("page"))
    last = session.scans.select_related("registration", "by").order_by("-pk")[:LAST_SCANS]
    said = Scan.objects.filter(pk=_number(request.GET.get("pointage")), session=session)
    context = {
        "session": session,
        "when": wording.when(session),
        "asked": asked,
        "page": page,
        "count": doors.count(session),
        "last": list(last),
        "scan": said.select_related("registration__session").first(),
        "client_id": uuid4(),
        "is_over": session.ends_at <= timezone.now(),
        "refusal": refusal,
    }
    status = 409 if refusal else 200
    return render(request, "events/door.html", context, status=status)


def _act(request: HttpRequest, session: Session) -> HttpResponse:
    now, given, by_id = timezone.now(), request.POST, agent_id(request)
    do = given.get("do", "scan")
    if do == "close":
        doors.close_door(session_id=session.pk, now=now)
        return redirect("events:door", session.pk)
    if do == "undo":
        scan = doors.undo(
            session_id=session.pk, registration_id=_number(given.get("entry")), by_id=by_id, now=now
        )
        return _back(session, scan)
    entry_id: int | None = _number(given.get("entry")) or None
    if do == "scan":
        found = doors.registration_of(given.get("code", ""))
        entry_id = found.pk if found else None
    scan = doors.check_in(
        session_id=session.pk, registration_id=entry_id, client_id=_uuid(given.get("client_id")),
        by_id=by_id, scanned_at=now, now=now,
    )  # fmt: skip
    return _back(session, scan)


def _back(session: Session, scan: Scan | None) -> HttpResponse:
    response = redirect("events:door", session.pk)
    if scan is not None:
        response["Location"] += f"?pointage={scan.pk}"
    return response


def _expected(session: Session, asked: str) -> Any:
    """Return those with a seat, by name; each word looked for begins one of name or company."""
    rows = session.registrations.filter(status__in=[*COMING, doors.CAME, RegistrationStatus.ABSENT])
    if asked:
        wanted = words(asked)
        keys = [
            key
            for key, name, company in rows.values_list("pk", "full_name", "company_name")
            if _holds(words(f"{name} {company}"), wanted)
        ]
        rows = rows.filter(pk__in=keys)
    return rows.select_related("pool").order_by("full_name", "pk")


def _holds(there: list[str], wanted: list[str]) -> bool:
    return all(any(word.startswith(start) for word in there) for start in wanted)


def _number(value: str | None) -> int:
    return (
        int(value)
        if value and value.isascii() and value.isdecimal() and len(value) <= LONGEST_KEY
        else 0
    )


def _uuid(value: str | None) -> UUID:
    try:
        return UUID(value or "")
    except ValueError:
        return uuid4()
