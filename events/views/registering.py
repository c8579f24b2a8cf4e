"""Registering without an account, then following by the link of the mail.

No page needs a cookie: the form acts in nobody's name until the mailbox says yes, and on the others
the secret of the address is the proof. Links open pages; buttons act.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from emn.lib.access import open_form, public, token
from emn.lib.db import posted_key
from emn.lib.errors import DomainError
from emn.lib.forms import blank_page
from emn.lib.page_cache import keep
from events import queries, wording
from events.enums import Availability, RegistrationStatus, SessionKind
from events.forms import OpinionForm, RegistrationFields, RegistrationForm
from events.models import CapacityPool, Registration, Session, Visit
from events.models.registrations import KEPT
from events.models.sessions import SessionQuerySet
from events.services import opinions, own_calendars, telling, training_links
from events.services import registrations as services
from events.services import rendezvous as places
from events.services.seats import TryAgain, full_pools, pools_of

_METHODS = ["GET", "HEAD", "POST"]
BUSY_WAIT_S = 5


@csrf_exempt
@open_form
@require_http_methods(_METHODS)
def register(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask who comes, and hold a seat or a place in line."""
    return _register(request, slug, lambda: Session.objects.shown().filter(slug=slug))


@csrf_exempt
@token
@require_http_methods(_METHODS)
def register_invited(request: HttpRequest, key: UUID) -> HttpResponse:
    """Do the same for a private session, by its link."""

    def rows() -> SessionQuerySet:
        return Session.objects.filter(
            is_private=True, published_at__isnull=False, invitation_key=key
        )

    return _register(request, str(key), rows)


def _register(  # noqa: PLR0911 -- one return an outcome
    request: HttpRequest, key: str, rows: Callable[[], SessionQuerySet]
) -> HttpResponse:
    now = timezone.now()
    session = keep(("events.register", key), lambda: rows().with_form().first())
    if session is None:
        raise Http404
    own = _own_page(session)
    is_training = session.kind == SessionKind.TRAINING
    group = posted_key(request.GET.get("people"))
    pools = _pools(session, group)
    if own and not (is_training and pools):
        return redirect(own)
    is_open = session.takes_registrations(now=now) and (bool(own) or not is_training)
    if not pools or not is_open:
        return render(request, "events/register_closed.html", _shown(session, now=now))
    is_sent = request.method == "POST"

    def form_of(data: Any) -> RegistrationForm:
        initial = {"pool": pools[0].pk, "people": max(group, 1)}
        return RegistrationForm(
            data, request=request, session=session, pools=pools, initial=initial
        )

    def page(form: RegistrationForm, status: int = 200) -> HttpResponse:
        values = _shown(session, now=now) | {"form": form}
        return render(request, "events/register.html", values, status=status)

    if not is_sent and not request.GET:
        return blank_page(request, page(form_of(None)))
    form = form_of(request.POST if is_sent else None)
    if not form.is_valid():
        return page(form)
    given = form.cleaned_data
    try:
        got = services.register(
            session_id=session.pk,
            pool_id=given.get("pool", pools[0].pk),
            full_name=given["full_name"],
            email=given["email"],
            company_name=given["company_name"],
            siret=given["siret"],
            people=given.get("people", 1),
            companions=given.get("companions", ()),
            answers=form.answers,
            language=get_language() or "fr",
            now=timezone.now(),
        )
    except TryAgain as busy:
        form.add_error(None, busy.message)
        response = page(form, status=503)
        response["Retry-After"] = str(BUSY_WAIT_S)
        return response
    except DomainError as refusal:
        form.add_error(None, refusal.message)
        return page(form)
    return redirect("events:held" if got is Availability.OPEN else "events:in_line")


def _pools(session: Session, group: int) -> list[CapacityPool]:
    """Return the pools that may be asked for here.

    The seats of a training are sold by an agreement: here is the line of its pools that are full,
    and of the others for a group larger than what is left (services.register tells).
    """
    is_line_alone = session.kind == SessionKind.TRAINING and not group
    return full_pools(session) if is_line_alone else pools_of(session)


def _shown(session: Session, *, now: datetime) -> dict[str, Any]:
    return {
        "session": session,
        "back_url": session.get_absolute_url(),
        "line": queries.line(session, now=now),
    }


def _own_page(session: Session) -> str | None:
    """Return where a visit of a showroom, or a training, is booked; None for any other session."""
    is_open_visit = session.kind == SessionKind.VISIT and not session.is_private
    if is_open_visit and Visit.objects.filter(session=session).exists():
        return reverse("showrooms:book", args=[session.slug])
    return training_links.page_of_session(session)


@public
@require_safe
def held(request: HttpRequest) -> HttpResponse:
    """Say that a seat waits in the mailbox, the same for every address."""
    return render(request, "events/registered.html", {"has_seat": True})


@public
@require_safe
def in_line(request: HttpRequest) -> HttpResponse:
    """Say that the rank is in the mailbox, the same for every address."""
    return render(request, "events/registered.html", {"has_seat": False})


@csrf_exempt
@token
@require_http_methods(_METHODS)
def registration(request: HttpRequest, token: str) -> HttpResponse:
    """Follow a registration: take the seat, confirm, change, give back. Buttons act."""
    entry = _followed(token)
    if training := training_links.page_of_registration(entry):
        return redirect(training)
    now = timezone.now()
    form: RegistrationFields | None = None
    opinion: OpinionForm | None = None
    refusal, status = "", 200
    if request.method == "POST":
        do = request.POST.get("do", "")
        if do == "change":
            form = RegistrationFields(request.POST, session=entry.session)
        elif do == "opinion":
            opinion = OpinionForm(request.POST)
        sent = form or opinion
        if sent is None or sent.is_valid():
            try:
                _act(do, entry, sent)
            except TryAgain as busy:
                refusal, status = busy.message, 503
            except DomainError as refused:
                refusal, status = refused.message, 409
            else:
                response = redirect("events:registration", token)
                response["Location"] += f"?dit={do}"
                return response
    entry = _followed(token)
    session = entry.session
    initial = {
        "full_name": entry.full_name, "company_name": entry.company_name, "people": entry.seats,
        "companions": "\n".join(entry.companions),
    }  # fmt: skip
    context = {
        "entry": entry,
        "session": session,
        "token": token,
        "position": services.position(entry),
        "is_timed": entry.status in KEPT,
        "sold_by": training_links.page_of_offer(entry),
        "has_begun": session.starts_at <= now,
        "is_over": session.ends_at <= now,
        "may_confirm": entry.status == RegistrationStatus.REGISTERED and entry.asked_at,
        "qr": _drawn(entry) if entry.holds_ticket and not entry.is_remote else "",
        "form": form or RegistrationFields(initial=initial, session=session),
        "form_is_open": form is not None,
        "opinion": (opinion or OpinionForm()) if opinions.may_give(entry, now=now) else None,
        "refusal": refusal,
        "said": request.GET.get("dit", "") if request.method != "POST" else "",
        "when": wording.when(session),
        "where": wording.place_for(entry),
        "session_url": session.get_absolute_url(),
        "documents": session.documents.order_by("position", "pk") if entry.holds_ticket else (),
        "connection_url": telling.connection_url(entry, session),
        "tables_url": places.tables_url(entry),
    }
    return render(request, "events/registration.html", context, status=status)


def _act(do: str, entry: Registration, form: RegistrationFields | OpinionForm | None) -> None:
    now = timezone.now()
    acts: dict[str, Callable[[], object]] = {
        "take": lambda: services.take_seat(registration_id=entry.pk, now=now),
        "calendar": lambda: own_calendars.send(registration_id=entry.pk, now=now),
        "new_calendar": lambda: own_calendars.send(
            registration_id=entry.pk, now=now, is_renewed=True
        ),
        "no_calendar": lambda: own_calendars.revoke(registration_id=entry.pk),
        "line": lambda: services.enter_line(registration_id=entry.pk, now=now),
        "come": lambda: services.confirm_coming(registration_id=entry.pk, now=now),
        "cancel": lambda: services.cancel_registration(registration_id=entry.pk, now=now),
    }
    if do == "opinion" and form is not None:
        opinions.give(registration_id=entry.pk, **form.cleaned_data, now=now)
    elif do == "change" and form is not None:
        services.change_registration(
            registration_id=entry.pk,
            full_name=form.cleaned_data["full_name"],
            company_name=form.cleaned_data["company_name"],
            people=form.cleaned_data.get("people", entry.seats),
            companions=form.cleaned_data.get("companions", entry.companions),
            now=now,
        )
    elif do in acts:
        acts[do]()
    else:
        raise Http404


@token
@require_safe
def ticket(request: HttpRequest, ticket: str) -> HttpResponse:
    """Show a ticket: what the door needs, and no way to change anything."""
    rows = Registration.objects.select_related("session__room", "pool")
    entry = rows.filter(ticket=ticket, forgotten_at=None).first()
    if entry is None or not entry.holds_ticket:
        raise Http404(_("Ce billet ne vaut plus rien."))
    context = {
        "entry": entry,
        "session": entry.session,
        "vote_url": places.vote_url(entry),
        "qr": _drawn(entry),
        "when": wording.when(entry.session),
        "where": wording.place_for(entry),
    }
    return render(request, "events/ticket.html", context)


def _drawn(entry: Registration) -> str:
    return mark_safe(telling.qr_svg(entry))  # noqa: S308 -- drawn by us


def _followed(token: str) -> Registration:
    entry = telling.registration_of(token)
    if entry is None:
        raise Http404(_("Ce lien ne mène plus nulle part."))
    return entry
