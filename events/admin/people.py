"""What staff does with the people of a session: write, let the next one in, give more seats."""

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from emn.lib.admin import agent_id
from emn.lib.db import posted_key
from emn.lib.decisions import decision_page
from emn.lib.errors import DomainError
from events import overbooking, queries
from events.enums import SeatMode
from events.forms import MessageForm, OverbookingForm
from events.models import Session
from events.services import messages as message_services
from events.services import registrations as services
from events.services.seats import pools_of

HANDLE = "events.handle_registration"


def message(admin: ModelAdmin[Any], request: HttpRequest, session_id: int) -> HttpResponse:
    """Write to those in some states: chosen, read again, then sent."""
    session = _session(request, session_id)
    is_sent = request.method == "POST"
    form = MessageForm(request.POST if is_sent else None, initial={"key": uuid4()})
    reached: int | None = None
    if is_sent and form.is_valid():
        given = form.cleaned_data
        reached = len(message_services.recipients(session.pk, given["statuses"]))
        if request.POST.get("do") == "send":
            try:
                written = message_services.write(
                    session_id=session.pk, key=UUID(str(given["key"])), statuses=given["statuses"],
                    subject=given["subject"], body=given["body"], by_id=agent_id(request),
                    now=timezone.now(),
                )  # fmt: skip
            except DomainError as refusal:
                form.add_error(None, refusal.message)
                reached = None
            else:
                said = _("Message écrit à %(count)s inscrits.") % {"count": len(written.recipients)}
                admin.log_change(request, session, f"{_('Message')} : {written.subject}")
                messages.success(request, said)
                return redirect("admin:events_session_change", session.pk)
    context = _context(admin, request, session, _("Écrire aux inscrits")) | {
        "form": form,
        "reached": reached,
        "written": session.messages.order_by("-pk")[:10],
    }
    return render(request, "admin/events/session/message.html", context)


def line(admin: ModelAdmin[Any], request: HttpRequest, session_id: int) -> HttpResponse:
    """Show the waiting list in its order, and offer its first one a seat."""
    session = _session(request, session_id)
    if request.method == "POST":
        try:
            entry = services.offer_one_more(
                session_id=session.pk, pool_id=posted_key(request.POST.get("pool")),
                now=timezone.now(),
            )  # fmt: skip
        except DomainError as refusal:
            messages.error(request, refusal.message)
        else:
            # By its number: the history of staff outlives a name that is forgotten.
            admin.log_change(request, session, f"{_('Place proposée')} : n° {entry.pk}")
            messages.success(request, _("La place est proposée à la personne suivante."))
        return redirect(request.path)
    context = _context(admin, request, session, _("Liste d’attente")) | {
        "lines": queries.waiting_lists(session),
    }
    return render(request, "admin/events/session/line.html", context)


def more_seats(admin: ModelAdmin[Any], request: HttpRequest, session_id: int) -> HttpResponse:
    """Advise seats beyond the chairs, by who came lately; staff decides."""
    session = _session(request, session_id)
    came = queries.came_lately(session, now=timezone.now())
    pools = [pool for pool in pools_of(session) if pool.mode == SeatMode.ON_SITE]
    advised = {pool.pk: overbooking.extra_seats(pool.size, came) for pool in pools}
    expected, present = sum(row[0] for row in came), sum(row[1] for row in came)
    facts = [
        (_("Sessions comparables"), _("%(count)s, les dernières du même type") % {
            "count": len(came)} if came else _("aucune encore")),
        (_("Venus"), f"{present} / {expected}" if expected else "–"),
        *((pool.label, _chairs(pool.size, advised[pool.pk])) for pool in pools),
    ]  # fmt: skip
    return decision_page(
        admin, request, title=_("Places en plus"), subject=session, facts=facts,
        form=OverbookingForm(
            request.POST if request.method == "POST" else None, pools=pools, advised=advised
        ),
        act=lambda given: services.give_beyond_chairs(
            session_id=session.pk, extra={pool.pk: given[f"extra_{pool.pk}"] for pool in pools},
            now=timezone.now(),
        ),
        permission=HANDLE,
        warning=_("Les personnes qui attendent entrent aussitôt, dans l’ordre."),
        done=_("C’est noté ; la liste d’attente a suivi."),
        stays=True,
    )  # fmt: skip


def _chairs(size: int, extra: int | None) -> str:
    if extra is None:
        return _("%(size)s chaises ; trop peu de sessions pour un conseil") % {"size": size}
    return _("%(size)s chaises ; conseil : %(extra)s places en plus") % {
        "size": size,
        "extra": extra,
    }


def _session(request: HttpRequest, session_id: int) -> Session:
    if not request.user.has_perm(HANDLE):
        raise PermissionDenied
    rows = Session.objects.filter(published_at__isnull=False).with_seats()
    return get_object_or_404(rows, pk=session_id)


def _context(
    admin: ModelAdmin[Any], request: HttpRequest, session: Session, title: str
) -> dict[str, Any]:
    return admin.admin_site.each_context(request) | {
        "title": title,
        "session": session,
        "opts": admin.model._meta,
        "is_over": session.ends_at <= timezone.now(),
    }
