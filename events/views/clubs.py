"""Clubs: the list and each club are public; one joins, reads and leaves by the link of a mail."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from emn.lib.access import open_form, public, token
from emn.lib.storage import kept_file
from events import wording
from events.club_forms import JoinForm
from events.enums import ClubMemberStatus
from events.models import Club, ClubMember, Minutes, Session
from events.services import clubs as services

_METHODS = ["GET", "HEAD", "POST"]
NEXT = 6


@public
@require_safe
def clubs(request: HttpRequest) -> HttpResponse:
    """List the clubs."""
    rows = Club.objects.filter(is_open=True).prefetch_related("themes").order_by("name", "pk")
    return render(request, "events/clubs/list.html", {"clubs": list(rows)})


@public
@require_safe
def club(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a club: its next meetings, and the minutes that everyone may read."""
    found = get_object_or_404(Club, slug=slug, is_open=True)
    context = {
        "club": found,
        "themes": list(found.themes.order_by("position", "pk")),
        "meetings": _meetings(found),
        "minutes": services.readable_minutes(found, is_member=False),
        "members": found.members.members().count(),
    }
    return render(request, "events/clubs/club.html", context)


def _meetings(found: Club) -> list[tuple[Session, str]]:
    """Return the next meetings of the club's series."""
    if found.series_id is None:
        return []
    rows = Session.objects.shown().upcoming(now=timezone.now()).filter(series=found.series_id)
    rows = rows.select_related("room").order_by("starts_at", "pk")
    return [(session, wording.when(session)) for session in rows[:NEXT]]


@csrf_exempt
@open_form
@require_http_methods(_METHODS)
def join(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask to join, without an account."""
    found = get_object_or_404(Club, slug=slug, is_open=True)
    form = JoinForm(request.POST if request.method == "POST" else None, request=request)
    if not form.is_valid():
        return render(request, "events/clubs/join.html", {"club": found, "form": form})
    given = form.cleaned_data
    services.ask_to_join(
        club_id=found.pk,
        name=given["name"],
        company_name=given["company_name"],
        email=given["email"],
        motive=given["motive"],
        language=get_language() or "fr",
        now=timezone.now(),
    )
    return redirect("clubs:asked")


@public
@require_safe
def asked(request: HttpRequest) -> HttpResponse:
    """Say that the rest waits in the mailbox, the same for every address."""
    return render(request, "events/clubs/asked.html")


@csrf_exempt
@token
@require_http_methods(_METHODS)
def member(request: HttpRequest, token: str) -> HttpResponse:
    """Confirm, read what members read, leave. Every act is a button."""
    found = _member(token)
    if request.method == "POST":
        do, now = request.POST.get("do", ""), timezone.now()
        if do == "confirm":
            services.confirm(member_id=found.pk, now=now)
        elif do == "leave":
            services.leave(member_id=found.pk, now=now)
        else:
            raise Http404
        return redirect("clubs:member", token)
    is_member = found.status == ClubMemberStatus.MEMBER
    context = {
        "member": found,
        "club": found.club,
        "token": token,
        "is_member": is_member,
        "meetings": _meetings(found.club) if is_member else [],
        "minutes": services.readable_minutes(found.club, is_member=True) if is_member else [],
    }
    return render(request, "events/clubs/member.html", context)


@public
@require_safe
def minutes(request: HttpRequest, slug: str, minutes_id: int) -> HttpResponse:
    """Show minutes that everyone may read."""
    club, found = _public_minutes(slug, minutes_id)
    context = {"club": club, "minutes": found, "token": ""}
    return render(request, "events/clubs/minutes.html", context)


@public
@require_safe
def minutes_file(request: HttpRequest, slug: str, minutes_id: int) -> HttpResponseBase:
    """Give their file."""
    _club, found = _public_minutes(slug, minutes_id)
    return kept_file(found.file, found.title)


@token
@require_safe
def member_minutes(request: HttpRequest, token: str, minutes_id: int) -> HttpResponse:
    """Show minutes to a member."""
    found = _members_minutes(token, minutes_id)
    context = {"club": found.club, "minutes": found, "token": token}
    return render(request, "events/clubs/minutes.html", context)


@token
@require_safe
def member_file(request: HttpRequest, token: str, minutes_id: int) -> HttpResponseBase:
    """Give their file to a member."""
    found = _members_minutes(token, minutes_id)
    return kept_file(found.file, found.title)


def _member(value: str) -> ClubMember:
    found = services.member_of(value)
    if found is None:
        raise Http404(_("Ce lien ne mène plus nulle part."))
    return found


def _public_minutes(slug: str, minutes_id: int) -> tuple[Club, Minutes]:
    club = get_object_or_404(Club, slug=slug, is_open=True)
    rows = services.readable_minutes(club, is_member=False)
    return club, _one(rows, minutes_id)


def _members_minutes(value: str, minutes_id: int) -> Minutes:
    found = _member(value)
    if found.status != ClubMemberStatus.MEMBER:
        raise Http404
    return _one(services.readable_minutes(found.club, is_member=True), minutes_id)


def _one(rows: list[Minutes], minutes_id: int) -> Minutes:
    found = next((row for row in rows if row.pk == minutes_id), None)
    if found is None:
        raise Http404
    return found
