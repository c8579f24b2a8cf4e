"""Enrolling in a training without an account; then the buyer's page, by the link of the mail.

Links open pages, buttons act; no page needs a cookie (see events.views.registering).
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from directory.quote_documents import euros
from emn.lib.access import open_form, public, token
from emn.lib.errors import DomainError
from emn.lib.pdf import pdf_response
from emn.lib.rate_limit import client_network
from events import clock_rules, queries, training_catalogue, wording
from events.enums import DocumentKind, EnrolmentEnd
from events.models import (
    CapacityPool,
    Enrolment,
    Registration,
    Session,
    TrainingDocument,
    TrainingSession,
)
from events.services import enrolment_ends, orders, training_documents
from events.services import enrolments as services
from events.services.seats import TryAgain, full_pools, pools_of
from events.services.selling_links import token as order_token
from events.services.telling import registration_of
from events.services.training_links import enrolment_of, page_of_offer
from events.training_forms import AgreementForm, EnrolmentForm

_METHODS = ["GET", "HEAD", "POST"]
BUSY_WAIT_S = 5
MOST_DIGITS = 12


@csrf_exempt
@open_form
@require_http_methods(_METHODS)
def enrol(request: HttpRequest, slug: str, session_slug: str) -> HttpResponse:
    """Ask who buys and who comes; then the mailbox of the buyer goes on."""
    own = get_object_or_404(
        _rows(), session__in=Session.objects.shown(), training__slug=slug,
        session__slug=session_slug,
    )  # fmt: skip
    return _enrol(request, own)


@csrf_exempt
@token
@require_http_methods(_METHODS)
def enrol_invited(request: HttpRequest, key: UUID) -> HttpResponse:
    """Do the same for a private session, by its link."""
    own = get_object_or_404(
        _rows(), session__is_private=True, session__published_at__isnull=False,
        session__invitation_key=key,
    )  # fmt: skip
    return _enrol(request, own)


@csrf_exempt
@token
@require_http_methods(_METHODS)
def enrol_offered(request: HttpRequest, token: str) -> HttpResponse:
    """Do the same with the seats that the waiting list offers, by the link of its mail."""
    entry = registration_of(token)
    if entry is None:
        raise Http404(_("Ce lien ne mène plus nulle part."))
    if not page_of_offer(entry):
        return redirect("events:registration", token)
    return _enrol(request, get_object_or_404(_rows(), session=entry.session_id), offer=entry)


def _rows() -> QuerySet[TrainingSession]:
    rows = TrainingSession.objects.select_related("session__room", "training__product")
    return rows.filter(training__is_published=True)


def _enrol(
    request: HttpRequest, own: TrainingSession, offer: Registration | None = None
) -> HttpResponse:
    now = timezone.now()
    pools = pools_of(own.session)
    has_line = offer is None and clock_rules.may_offer(own.session.starts_at, now=now)
    full = full_pools(own.session) if has_line else []
    context: dict[str, Any] = {
        "own": own,
        "training": own.training,
        "session": own.session,
        "line": queries.line(own.session, now=now),
        "price": training_catalogue.price(own.training),
        "written_in": training_catalogue.language_of(own.training),
        "offer": offer,
        "line_url": _line_url(own.session) if full else "",
    }
    if offer is None and not (pools and own.session.takes_registrations(now=now)):
        return render(request, "events/trainings/enrol_closed.html", context)
    if full and len(full) == len(pools) and request.method != "POST":
        return redirect(context["line_url"])
    form = EnrolmentForm(
        request.POST if request.method == "POST" else None,
        request=request,
        pools=[pools[0]] if offer else pools,
        initial=_said(offer) if offer else {"pool": _first_open(pools, full).pk},
    )
    status = 200
    if form.is_valid():
        try:
            services.enrol(
                training_session_id=own.pk, buyer=form.buyer(), funding=form.funder(),
                trainees=form.trainees(), pool_id=form.cleaned_data.get("pool"),
                offer_id=offer.pk if offer else None, language=get_language() or "fr",
                now=timezone.now(),
            )  # fmt: skip
        except TryAgain as busy:
            form.add_error(None, busy.message)
            status = 503
        except services.TooFewSeats as refusal:
            form.add_error(None, refusal.message)
            people = len(form.trainees())
            if has_line and people <= own.session.group_limit:
                context["line_url"] = _line_url(own.session, people)
        except DomainError as refusal:
            form.add_error(None, refusal.message)
        else:
            return redirect("trainings:received")
    response = render(
        request, "events/trainings/enrol.html", context | {"form": form}, status=status
    )
    if status == 503:  # noqa: PLR2004 -- HTTP's own
        response["Retry-After"] = str(BUSY_WAIT_S)
    return response


def _line_url(session: Session, people: int = 1) -> str:
    """Return where one waits; a group waits also where a seat is free, but not so many."""
    query = {"people": people} if people > 1 else None
    if session.is_private:
        return reverse("events:register_invited", args=[session.invitation_key], query=query)
    return reverse("events:register", args=[session.slug], query=query)


def _first_open(pools: list[CapacityPool], full: list[CapacityPool]) -> CapacityPool:
    return next((pool for pool in pools if pool not in full), pools[0])


def _said(offer: Registration) -> dict[str, str]:
    """Return what the place in line said already, so that nobody types it twice."""
    return {
        "name": offer.company_name, "siret": offer.siret, "contact_name": offer.full_name,
        "email": offer.email, "name_1": offer.full_name, "email_1": offer.email,
    }  # fmt: skip


@public
@require_safe
def received(request: HttpRequest) -> HttpResponse:
    """Say that the mailbox goes on, the same for every address."""
    return render(request, "events/trainings/received.html")


@csrf_exempt
@token
@require_http_methods(_METHODS)
def enrolment(request: HttpRequest, token: str) -> HttpResponse:
    """Follow an enrolment: keep the seats, sign, pay, give back. Every act is a button."""
    found = _found(token)
    form: AgreementForm | None = None
    refusal, status = "", 200
    if request.method == "POST":
        do = request.POST.get("do", "")
        if do == "sign":
            form = AgreementForm(request.POST, early_request=_proposal(found).early_request)
        if form is None or form.is_valid():
            try:
                _act(do, found, form, request)
            except TryAgain as busy:
                refusal, status = busy.message, 503
            except DomainError as refused:
                refusal, status = refused.message, 409
            else:
                return redirect("trainings:enrolment", token)
    found = _found(token)
    now = timezone.now()
    own = found.training_session
    amounts = orders.amounts_of(found.order)
    ending = enrolment_ends.ending_of(found, now=now)
    proposal = None
    if not found.is_signed and found.ended_at is None:
        proposal = _proposal(found)
    context: dict[str, Any] = {
        "enrolment": found,
        "order": found.order,
        "own": own,
        "session": own.session,
        "training": own.training,
        "token": token,
        "trainees": services.trainees_of(found),
        "proposal": proposal,
        "missing": proposal.missing if proposal else [],
        "when": wording.when(own.session),
        "where": wording.place(own.session),
        "net": euros_of(amounts.net_cents),
        "total": euros_of(amounts.total_cents),
        "payable": orders.payable_cents(found.order, today=timezone.localdate(now)),
        "last_day": enrolment_ends.last_day_to_withdraw(found)
        if ending and ending.reason == EnrolmentEnd.WITHDRAWN
        else None,
        "ending": ending,
        "forfeit": euros_of(ending.forfeit_cents) if ending and ending.forfeit_cents else "",
        "attended": euros_of(ending.attended_cents) if ending and ending.attended_cents else "",
        "owed": euros_of(found.owed_cents) if found.owed_cents else "",
        "certificates": training_documents.latest(_certificates(found)),
        "order_token": order_token(found.order_id),
        "form": form
        or AgreementForm(
            initial={"full_name": found.order.contact_name},
            early_request=proposal.early_request if proposal else "",
        ),
        "refusal": refusal,
    }
    return render(request, "events/trainings/enrolment.html", context, status=status)


def euros_of(cents: int) -> str:
    """Return an amount of cents as the page writes it."""
    return euros(Decimal(cents) / 100)


def _act(do: str, found: Enrolment, form: AgreementForm | None, request: HttpRequest) -> None:
    now = timezone.now()
    acts: dict[str, Callable[[], object]] = {
        "keep": lambda: services.keep_seats(enrolment_id=found.pk, now=now),
        "give_back": lambda: enrolment_ends.give_back(
            enrolment_id=found.pk, agreed_cents=_agreed_cents(request), now=now
        ),
    }
    if do == "sign" and form is not None:
        services.sign(
            enrolment_id=found.pk,
            signatory_name=form.cleaned_data["full_name"],
            signatory_role=form.cleaned_data["role"],
            drawing=form.cleaned_data["drawing"],
            origin=client_network(request),
            text_sha256=request.POST.get("text", ""),
            asks_early_start=bool(form.cleaned_data.get("early_start")),
            now=now,
        )
    elif do in acts:
        acts[do]()
    else:
        raise Http404


def _agreed_cents(request: HttpRequest) -> int:
    """Return the amount that the page showed before its button, in cents."""
    value = request.POST.get("agreed", "")
    return int(value) if value.isascii() and value.isdecimal() and len(value) <= MOST_DIGITS else 0


def _proposal(found: Enrolment) -> services.Proposal:
    return services.proposal_of(found, services.trainees_of(found), now=timezone.now())


@token
@require_safe
def agreement(request: HttpRequest, token: str) -> HttpResponse:
    """Give the agreement as signed; before, the page of the buyer shows it."""
    found = _found(token)
    signed = found.documents.filter(kind=found.agreement_kind, emptied_at=None)
    document = signed.order_by("-version").first()
    if document is None:
        raise Http404(_("Ce document n’est pas encore signé."))
    return document_response(request, document, name=str(found.agreement_kind))


@token
@require_safe
def certificate(request: HttpRequest, token: str, document_id: int) -> HttpResponse:
    """Give the buyer the certificate of one trainee of the enrolment."""
    document = get_object_or_404(_certificates(_found(token)), pk=document_id)
    return document_response(request, document, name=document.kind)


def _certificates(found: Enrolment) -> QuerySet[TrainingDocument]:
    """Return the certificates of who was sent; an individual has theirs on the trainee's page."""
    rows = TrainingDocument.objects.filter(
        trainee__enrolment=found, kind=DocumentKind.CERTIFICATE, emptied_at=None
    )
    rows = rows.none() if found.is_individual else rows
    return rows.select_related("trainee__registration").defer("content").order_by(
        "trainee", "version", "pk"
    )  # fmt: skip


def document_response(
    request: HttpRequest, document: TrainingDocument, *, name: str
) -> HttpResponse:
    """Show a PDF in the browser; while a worker makes it, a page that says so and comes back."""
    if not document.sha256:
        context = {"document": document}
        return render(request, "events/trainings/being_made.html", context, status=202)
    return pdf_response(bytes(document.content), f"{name}.pdf")


def _found(token: str) -> Enrolment:
    found = enrolment_of(token)
    if found is None:
        raise Http404(_("Ce lien ne mène plus nulle part."))
    return found
