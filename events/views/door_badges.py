"""Badges, from the door: a sheet that the worker composes, or one person's at once."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from emn.lib.access import staff
from emn.lib.db import posted_key
from emn.lib.errors import DomainError
from events.enums import BadgeLayout
from events.models import BadgeSheet, Registration
from events.models.registrations import EXPECTED
from events.services import badges as services
from events.views.door import HANDLE, opened

SHEETS = (BadgeLayout.TEN, BadgeLayout.FOURTEEN)
SHOWN = 5


@staff(HANDLE)
@require_http_methods(["GET", "HEAD", "POST"])
def badges(request: HttpRequest, session_id: int) -> HttpResponse:
    """Have a sheet composed, and follow it until it is ready."""
    session = opened(session_id)
    refusal = ""
    if request.method == "POST":
        layout = request.POST.get("layout")
        try:
            services.ask(
                session_id=session.pk, layout=layout if layout in SHEETS else BadgeLayout.TEN,
                now=timezone.now(),
            )  # fmt: skip
            return redirect("events:door_badges", session.pk)
        except DomainError as refused:
            refusal = refused.message
    sheets = session.badge_sheets.defer("content").order_by("-pk")[:SHOWN]
    context = {
        "session": session,
        "layouts": [(layout.value, layout.label) for layout in SHEETS],
        "sheets": list(sheets),
        "is_waiting": any(sheet.finished_at is None for sheet in sheets),
        "refusal": refusal,
    }
    status = 409 if refusal else 200
    return render(request, "events/door/badges.html", context, status=status)


@staff(HANDLE)
@require_safe
def badge_sheet(request: HttpRequest, session_id: int, sheet_id: int) -> HttpResponse:
    """Give a sheet that is ready."""
    rows = BadgeSheet.objects.filter(session=session_id, finished_at__isnull=False)
    sheet = get_object_or_404(rows.select_related("session"), pk=sheet_id)
    return _document(bytes(sheet.content), f"badges-{sheet.session.slug}")


@staff(HANDLE)
@require_safe
def badge(request: HttpRequest, session_id: int, entry_id: int) -> HttpResponse:
    """Give the badge of one person who has a seat."""
    rows = Registration.objects.filter(status__in=EXPECTED, forgotten_at=None)
    entry = (
        rows.select_related("session").filter(pk=posted_key(entry_id), session=session_id).first()
    )
    if entry is None:
        raise Http404(_("Cette personne n’a pas de place ici."))
    return _document(services.one(entry, now=timezone.now()), f"badge-{slugify(entry.full_name)}")


def _document(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    return response
