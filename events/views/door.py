"""The door of a session, for the centre's people: a ticket that is read, a word, a list of names.

Whoever may read tickets sees the door; whoever handles registrations searches, takes back, and lets
in somebody who is on no list.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe
from django_permissions_policy.decorators import permissions_policy_override

from emn.lib.access import staff
from emn.lib.admin import agent_id
from emn.lib.db import posted_key
from emn.lib.errors import DomainError
from emn.lib.text import words
from events import door_wording, wording
from events.enums import SeatMode
from events.forms import WalkInForm
from events.models import Scan, Session
from events.models.registrations import SEATED
from events.services import doors, payments
from events.services.seats import pools_of

SCAN = "events.scan_ticket"
HANDLE = "events.handle_registration"
EXCEED = "events.run_session"
LISTED = 100
LAST_SCANS = 5
OPENS_BEFORE = timedelta(days=1)
with_camera = permissions_policy_override({**settings.PERMISSIONS_POLICY, "camera": ["self"]})


@staff(SCAN)
@require_safe
def doors_today(request: HttpRequest) -> HttpResponse:
    """Lead to the doors of today's and tomorrow's sessions."""
    now = timezone.now()
    rows = Session.objects.select_related("room").filter(
        published_at__isnull=False, cancelled_at=None,
        starts_at__lt=now + OPENS_BEFORE, ends_at__gt=now - OPENS_BEFORE / 2,
    )  # fmt: skip
    lines = [(row, wording.when(row)) for row in rows.order_by("starts_at", "pk")]
    return render(request, "events/door/index.html", {"lines": lines})


@staff(SCAN)
@require_http_methods(["GET", "HEAD", "POST"])
@with_camera
def door(request: HttpRequest, session_id: int) -> HttpResponse:
    """Show who is expected and who is in; each act is a button, or a ticket that is read."""
    session = opened(session_id)
    pools = pools_of(session)
    form = WalkInForm(pools=pools)
    refusal = ""
    if request.method == "POST":
        if request.POST.get("do") == "walk_in":
            form = WalkInForm(request.POST, pools=pools)
        try:
            response = _act(request, session, form)
        except DomainError as refused:
            refusal = refused.message
        else:
            if response is not None:
                return response
    asked = request.GET.get("q", "").strip()[:100]
    page = Paginator(_expected(session, asked), LISTED).get_page(request.GET.get("page"))
    last = session.scans.select_related("registration", "by").order_by("-pk")[:LAST_SCANS]
    rows = Scan.objects.select_related("registration__session", "session", "by")
    scan = rows.filter(pk=posted_key(request.GET.get("pointage")), session=session).first()
    context = shown(request, session) | {
        "asked": asked,
        "page": page,
        "unpaid": payments.unpaid((entry.pk for entry in page), today=timezone.localdate()),
        "counts": _counted(session),
        "last": list(last),
        "said": door_wording.said(scan) if scan else None,
        "client_id": uuid4(),
        "missing": doors.missing(session).count() if session.ends_at <= timezone.now() else 0,
        "refusal": refusal,
        "form": form,
        "badges_url": reverse("events:door_badges", args=[session.pk]),
        "may_exceed": request.user.has_perm(EXCEED),
    }
    status = 409 if refusal else 200
    return render(request, "events/door/door.html", context, status=status)


def opened(session_id: int) -> Session:
    """Return the session, once announced; 404 otherwise."""
    rows = Session.objects.select_related("room").filter(published_at__isnull=False)
    return get_object_or_404(rows, pk=session_id)


def shown(request: HttpRequest, session: Session) -> dict[str, Any]:
    """Return what the page is made of, whoever is on the list; the rest is empty."""
    return {
        "is_shell": False, "client_id": "", "asked": "", "counts": None, "last": [], "said": None,
        "refusal": "",
        "session": session,
        "when": wording.when(session),
        "may_search": request.user.has_perm(HANDLE),
        "words": door_wording.for_device(),
    }  # fmt: skip


def _act(request: HttpRequest, session: Session, form: WalkInForm) -> HttpResponse | None:
    now, given, by_id = timezone.now(), request.POST, agent_id(request)
    do = given.get("do", "scan")
    if do != "scan" and not request.user.has_perm(HANDLE):
        raise PermissionDenied
    if do == "close":
        doors.close_door(session_id=session.pk, now=now)
        return redirect("events:door", session.pk)
    act_id = _uuid(given.get("client_id"))
    if do == "walk_in":
        if not form.is_valid():
            return None
        filled = form.cleaned_data
        scan = doors.walk_in(
            session_id=session.pk, full_name=filled["full_name"],
            company_name=filled["company_name"], email=filled["email"], pool_id=filled["pool"],
            client_id=act_id, by_id=by_id, now=now,
            beyond="beyond" in given and request.user.has_perm(EXCEED),
        )  # fmt: skip
        return _back(session, scan)
    act = doors.Act(act_id, do, now, given.get("code", ""), posted_key(given.get("entry")) or None)
    for _act, noted in doors.replay(session_id=session.pk, acts=[act], by_id=by_id, now=now):
        return _back(session, noted)
    return None


def _back(session: Session, scan: Scan | None) -> HttpResponse:
    response = redirect("events:door", session.pk)
    if scan is not None:
        response["Location"] += f"?pointage={scan.pk}"
    return response


def _counted(session: Session) -> dict[str, Any]:
    """Return the counts of each pool, with its name, and their sums."""
    pools = doors.count(session)
    return {"pools": [(SeatMode(mode).label, pool) for mode, pool in pools.items()]} | {
        part: sum(getattr(pool, part) for pool in pools.values())
        for part in ("expected", "present", "waiting")
    }


def _expected(session: Session, asked: str) -> Any:
    """Return those with a seat, by name.

    Each word looked for begins one of the name, of the company or of who comes along.
    """
    rows = session.registrations.filter(status__in=SEATED)
    if asked:
        wanted = words(asked)
        keys = [
            key
            for key, companions, *names in rows.values_list(
                "pk", "companions", "full_name", "company_name"
            )
            if _holds(words(" ".join([*names, *companions])), wanted)
        ]
        rows = rows.filter(pk__in=keys)
    return rows.select_related("pool").order_by("full_name", "pk")


def _holds(there: list[str], wanted: list[str]) -> bool:
    return all(any(word.startswith(start) for word in there) for start in wanted)


def _uuid(value: str | None) -> UUID:
    try:
        return UUID(value or "")
    except ValueError:
        return uuid4()
