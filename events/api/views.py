"""The sessions that the agenda shows, as a resource of the API."""

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework.exceptions import NotFound

from emn.lib.api.reading import Asked, listing, one, page, reads, single
from events.api import examples
from events.api.serializers import SessionQuestion, SessionSerializer
from events.models import Session
from events.models.sessions import SessionQuerySet

TAG = gettext_lazy("Agenda")


@reads(
    answer=listing(SessionSerializer),
    question=SessionQuestion,
    tag=TAG,
    summary=gettext_lazy("Les sessions que montre l’agenda, passées et à venir"),
    description=gettext_lazy(
        "L’ordre est celui des clés, pour que l’on puisse tout lire page après page. Une session "
        "annulée reste, et le dit."
    ),
    example=examples.SESSION,
)
def sessions(asked: Asked) -> Asked:
    """List the sessions by their key."""
    rows = _shown()
    if kind := asked.get("type"):
        rows = rows.filter(kind=kind)
    if day := asked.get("depuis"):
        rows = rows.filter(starts_at__date__gte=day)
    return page(rows, asked=asked, address=reverse("api:sessions"), source=_source())


@reads(
    answer=single(SessionSerializer),
    tag=TAG,
    summary=gettext_lazy("Une session, par son nom dans l’agenda"),
    place={"slug": r"^[-a-zA-Z0-9_]+$"},
    example=examples.SESSION,
)
def session(_asked: Asked, slug: str) -> Asked:
    """Show one session."""
    found = _shown().filter(slug=slug).first()
    if found is None:
        raise NotFound(_("Aucune session de l’agenda ne porte ce nom."))
    return one(found, source=_source())


def _shown() -> SessionQuerySet:
    return Session.objects.shown().select_related("room").prefetch_related("themes")


def _source() -> str:
    return f"{settings.CENTRE_NAME}, {_('agenda du centre')}"
