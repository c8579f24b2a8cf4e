"""The agenda as everyone reads it: pages and feeds."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.feedgenerator import Rss201rev2Feed
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from emn.lib.access import public, token
from emn.lib.feeds import UndatedFeed
from events import calendars, queries, wording
from events.enums import DocumentAudience, SessionKind
from events.models import Evening, Room, Session, SessionDocument, Theme
from events.models.sessions import SessionQuerySet
from events.share import session_words
from events.structured_data import session_json_ld

RSS_ITEMS = 50


@public
@require_safe
def agenda(request: HttpRequest) -> HttpResponse:
    """Show what has not ended, by week, or a month at a glance."""
    found = queries.agenda(request.GET, now=timezone.now())
    return render(request, "events/agenda.html", {"agenda": found})


@public
@require_safe
def session(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a session that is on the agenda."""
    found = get_object_or_404(Session.objects.shown().with_page(), slug=slug)
    return _page(
        request, found, register_url=reverse("events:register", args=[slug]), is_public=True
    )


@token
@require_safe
def invitation(request: HttpRequest, key: UUID) -> HttpResponse:
    """Show a private session to whoever holds its link."""
    rows = Session.objects.filter(is_private=True, published_at__isnull=False)
    found = get_object_or_404(rows.with_page(), invitation_key=key)
    url = reverse("events:register_invited", args=[key])
    return _page(request, found, register_url=url, is_public=False)


def _page(
    request: HttpRequest, found: Session, *, register_url: str, is_public: bool
) -> HttpResponse:
    now = timezone.now()
    context = {
        "session": found,
        "line": queries.line(found, now=now),
        "pools": sorted(found.pools.all(), key=lambda pool: pool.pk),
        "speakers": sorted(found.speakers.all(), key=lambda row: (row.position, row.pk)),
        "documents": _open_documents(found) if is_public else [],
        "is_open": found.takes_registrations(now=now) and bool(found.pools.all()),
        "is_over": found.ends_at <= now,
        "register_url": register_url,
        "evening": _evening(found),
        "is_public": is_public,
        "json_ld": session_json_ld(found) if is_public else "",
        "share": session_words(found) if is_public else None,
        "when": wording.when(found),
        "where": wording.place(found),
    }
    return render(request, "events/session.html", context)


def _open_documents(found: Session) -> list[SessionDocument]:
    rows = [row for row in found.documents.all() if row.audience == DocumentAudience.EVERYONE]
    return sorted(rows, key=lambda row: (row.position, row.pk))


def _evening(found: Session) -> Evening | None:
    """Return the evening of Rendez-vous solutions that a session is."""
    if found.kind != SessionKind.PITCHES:
        return None
    return Evening.objects.select_related("session").filter(session=found).first()


# --- Feeds ---


@public
@require_safe
def calendar(request: HttpRequest) -> HttpResponse:
    """Give the whole agenda to a calendar."""
    name = _("Agenda de %(centre)s") % {"centre": settings.CENTRE_NAME}
    return _calendar(Session.objects.shown(), name=name)


@public
@require_safe
def theme_calendar(request: HttpRequest, slug: str) -> HttpResponse:
    """Give the sessions of a theme to a calendar."""
    theme = get_object_or_404(Theme, slug=slug)
    return _calendar(Session.objects.shown().filter(themes=theme), name=theme.name)


@public
@require_safe
def room_calendar(request: HttpRequest, slug: str) -> HttpResponse:
    """Give the sessions of a room to a calendar."""
    room = get_object_or_404(Room, slug=slug)
    return _calendar(Session.objects.shown().filter(room=room), name=room.name)


@public
@require_safe
def session_calendar(request: HttpRequest, slug: str) -> HttpResponse:
    """Give one session to a calendar."""
    found = get_object_or_404(Session.objects.shown().select_related("room"), slug=slug)
    return _ics(calendars.one(found), name=slug)


def _calendar(sessions: SessionQuerySet, *, name: str) -> HttpResponse:
    since = timezone.now() - calendars.KEPT
    rows = sessions.filter(starts_at__gt=since).select_related("room").in_order()
    return _ics(calendars.feed(rows[: calendars.MOST], name=name), name="agenda")


def _ics(content: bytes, *, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = f'inline; filename="{name}.ics"'
    return response


class AgendaFeed(UndatedFeed):
    """The sessions announced last, and those called off; of one theme when it is asked."""

    feed_type = Rss201rev2Feed
    item_guid_is_permalink = False

    def get_object(self, request: HttpRequest) -> Theme | None:
        """Return the theme asked for; None for the whole agenda."""
        asked = request.GET.get("theme", "")
        return get_object_or_404(Theme, slug=asked) if asked else None

    def title(self, theme: Theme | None) -> str:
        """Name the feed."""
        name = _("Agenda de %(centre)s") % {"centre": settings.CENTRE_NAME}
        return f"{name} · {theme.name}" if theme else name

    def description(self, _theme: Theme | None) -> str:
        """Say what it holds."""
        return _("Les dates à venir, les dernières annoncées d’abord.")

    def link(self, theme: Theme | None) -> str:
        """Lead to the agenda."""
        return _public(reverse("events:list") + (f"?theme={theme.slug}" if theme else ""))

    def feed_url(self, theme: Theme | None) -> str:
        """Name itself."""
        return _public(reverse("events:rss") + (f"?theme={theme.slug}" if theme else ""))

    def items(self, theme: Theme | None) -> list[Session]:
        """Return what has not ended."""
        rows = queries.coming(Session.objects.shown(), now=timezone.now())
        if theme:
            rows = rows.filter(themes=theme)
        return list(rows.select_related("room").order_by("-published_at", "-pk")[:RSS_ITEMS])

    def item_title(self, item: Any) -> str:
        """Return the title, and whether it was called off."""
        if item.is_cancelled:
            return _("Annulée : %(title)s") % {"title": item.title}
        return str(item.title)

    def item_description(self, item: Any) -> str:
        """Return when, where and what."""
        return " · ".join(filter(None, [wording.when(item), wording.place(item), item.summary]))

    def item_link(self, item: Any) -> str:
        """Return its page."""
        return _public(item.get_absolute_url())

    def item_guid(self, item: Any) -> str:
        """Return what never changes, and tells a session called off from the same announced."""
        return f"{item.uid}-{item.sequence}"

    def item_pubdate(self, item: Any) -> Any:
        """Return when it was announced, or called off."""
        return item.cancelled_at or item.published_at


def _public(path: str) -> str:
    return f"{settings.PUBLIC_URL}{path}"


feed = public(require_safe(AgendaFeed()))
