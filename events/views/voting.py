"""The vote of the room, by telephone: no account, no cookie, one ballot a person present."""

from typing import Any

import segno
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import override
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from emn.lib.access import open_form, staff, token
from emn.lib.errors import DomainError
from events.models import Evening
from events.rendezvous_forms import BallotForm, CodeForm
from events.services import voting

_METHODS = ["GET", "HEAD", "POST"]
RUN = "events.run_rendezvous"


def _evening(room_code: str) -> Evening:
    rows = Evening.objects.shown().select_related("session")
    return get_object_or_404(rows, room_code=room_code)


@open_form
@require_safe
def room(request: HttpRequest, room_code: str) -> HttpResponse:
    """Where the QR code of the room leads: ask which ballot is one's own."""
    found = _evening(room_code)
    form = CodeForm(request.GET if "code" in request.GET else None)
    if form.is_valid():
        try:
            voting.voter_of(found, form.cleaned_data["code"])
        except DomainError as refused:
            form.add_error("code", refused.message)
        else:
            typed = form.cleaned_data["code"].strip().rstrip("/").rpartition("/")[2]
            return redirect("rendezvous:ballot", room_code, typed.replace(" ", ""))
    context = {"evening": found, "session": found.session, "form": form}
    return render(request, "events/rendezvous/vote_room.html", context)


@csrf_exempt
@token
@require_http_methods(_METHODS)
def ballot(request: HttpRequest, room_code: str, code: str) -> HttpResponse:
    """Show the ballot of one voter; sent again, it replaces the one before."""
    found = _evening(room_code)
    pitches = found.pitches.chosen().select_related("provider", "irritant")
    is_sent = request.method == "POST"
    form = BallotForm(request.POST if is_sent else None, pitches=pitches)
    context: dict[str, Any] = {
        "evening": found,
        "session": found.session,
        "form": form,
        "said": request.GET.get("dit", "") if not is_sent else "",
        "refusal": "",
    }
    try:
        voting.voter_of(found, code)
        if form.is_valid():
            voting.cast(evening_id=found.pk, code=code, marks=form.marks(), now=timezone.now())
            response = redirect("rendezvous:ballot", room_code, code)
            response["Location"] += "?dit=vote"
            return response
    except DomainError as refused:
        context["refusal"] = refused.message
        return render(request, "events/rendezvous/vote_ballot.html", context, status=409)
    return render(request, "events/rendezvous/vote_ballot.html", context)


@staff(RUN)
@require_safe
def poster(request: HttpRequest, evening_id: int) -> HttpResponse:
    """Show what to print: the QR code of the room, and the codes of the paper ballots."""
    rows = Evening.objects.select_related("session")
    found = get_object_or_404(rows, pk=evening_id)
    with override("fr"):
        url = settings.PUBLIC_URL + reverse("rendezvous:vote", args=[found.room_code])
    drawn = segno.make(url, error="m").svg_inline(
        svgclass="qr", lineclass=None, omitsize=True, border=2
    )
    context = {
        "evening": found,
        "session": found.session,
        "url": url,
        "qr": mark_safe(drawn),  # noqa: S308 -- drawn by us
        "codes": voting.paper_codes(found),
    }
    return render(request, "events/rendezvous/vote_poster.html", context)
