"""What goes with a session: its documents, and the calendar of a mailbox’s own sessions."""

from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from emn.lib.access import open_form, token
from emn.lib.storage import kept_file
from events import calendars
from events.enums import DocumentAudience
from events.models import Session, SessionDocument
from events.services import own_calendars, telling


@open_form
@require_safe
def document(request: HttpRequest, slug: str, document_id: int) -> HttpResponseBase:
    """Give a document that is for everyone; files are sent, not kept with the pages."""
    rows = SessionDocument.objects.filter(
        session__in=Session.objects.shown().filter(slug=slug), audience=DocumentAudience.EVERYONE
    )
    found: SessionDocument = get_object_or_404(rows, pk=document_id)
    return kept_file(found.file, found.title)


@token
@require_safe
def seated_document(request: HttpRequest, token: str, document_id: int) -> HttpResponseBase:
    """Give a document of the session to whoever has a seat there."""
    entry = telling.registration_of(token)
    if entry is None or not entry.holds_ticket:
        raise Http404
    rows = SessionDocument.objects.filter(session=entry.session_id)
    found: SessionDocument = get_object_or_404(rows, pk=document_id)
    return kept_file(found.file, found.title)


@token
@require_safe
def own_calendar(request: HttpRequest, key: UUID) -> HttpResponse:
    """Give a calendar the sessions of one mailbox."""
    entries = own_calendars.entries(key)
    if entries is None:
        raise Http404
    name = _("Mes sessions à %(centre)s") % {"centre": settings.CENTRE_NAME}
    content = calendars.feed(
        [entry.session for entry in entries],
        name=name,
        connections={
            entry.session_id: telling.connection_url(entry, entry.session)
            for entry in entries
            if entry.is_remote
        },
    )
    return HttpResponse(content, content_type="text/calendar; charset=utf-8")
