"""Rendez-vous solutions as everyone reads them, and how companies and providers take part."""

from collections import defaultdict
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from directory.models import Provider
from emn.accounts.requests import MemberRequest
from emn.lib.access import member, open_form, public, token
from emn.lib.errors import DomainError
from events import wording
from events.enums import PitchStatus, TableSide, VoteCriterion
from events.models import Evening, Irritant, Meeting, Participant, Pitch, PitchChoice
from events.models.rendezvous import PITCH_MINUTES, QUESTIONS
from events.rendezvous_forms import IrritantForm, PitchForm
from events.services import irritants, outcomes, tables, voting
from events.services import rendezvous as services

_METHODS = ["GET", "HEAD", "POST"]
LISTED = 60
PAST = 12


@public
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Say what the evenings are, list the irritants and the evenings."""
    now = timezone.now()
    rows = Evening.objects.shown().select_related("session__room")
    coming = list(rows.upcoming(now=now).order_by("session__starts_at", "pk")[:PAST])
    past = list(
        rows.filter(session__ends_at__lte=now).order_by("-session__starts_at", "-pk")[:PAST]
    )
    irritants = Irritant.objects.published().exclude(evening__session__ends_at__lte=now)
    context = {
        "coming": [(evening, wording.when(evening.session)) for evening in coming],
        "past": _with_conversion(past),
        "irritants": list(
            irritants.select_related("evening__session").order_by("-decided_at", "-pk")[:LISTED]
        ),
    }
    return render(request, "events/rendezvous/home.html", context)


def _with_conversion(evenings: list[Evening]) -> list[tuple[Evening, outcomes.Conversion]]:
    pairs: dict[int, list[tuple[str, str]]] = defaultdict(list)
    rows = Meeting.objects.filter(evening__in=evenings).took_place()
    for key, one, other in rows.values_list("evening", "company_outcome", "provider_outcome"):
        pairs[key].append((one, other))
    return [(evening, outcomes.conversion_of(pairs[evening.pk])) for evening in evenings]


@public
@require_safe
def evening(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one evening: the running order, why these, the vote, the tables, what came of it."""
    rows = Evening.objects.shown().select_related("session__room")
    found = get_object_or_404(rows, session__slug=slug)
    now = timezone.now()
    holders = found.participants.coming().filter(side=TableSide.PROVIDER)
    choices = PitchChoice.objects.filter(pitch__evening=found)
    context = {
        "evening": found,
        "session": found.session,
        "when": wording.when(found.session),
        "where": wording.place(found.session),
        "is_over": found.session.ends_at <= now,
        "takes_applications": found.takes_applications(now=now),
        "takes_requests": found.takes_requests(now=now),
        "takes_tables": found.session.takes_place and now < found.requests_close_at,
        "pitches": list(found.pitches.chosen().select_related("provider", "irritant")),
        "irritants": list(found.irritants.published().order_by("decided_at", "pk")),
        "choices": list(choices.select_related("pitch__provider").order_by("-at", "-pk")),
        "holders": list(holders.select_related("provider").order_by("provider__name", "pk")),
        "standings": voting.standings(found),
        "voters": voting.voters(found) if found.vote_closed_at else 0,
        "criteria": list(VoteCriterion),
        "conversion": outcomes.conversion(found),
        "pitch_minutes": PITCH_MINUTES,
        "questions": QUESTIONS,
    }
    return render(request, "events/rendezvous/evening.html", context)


# --- Companies: their irritants ---


@csrf_exempt
@open_form
@require_http_methods(_METHODS)
def new_irritant(request: HttpRequest) -> HttpResponse:
    """Ask what costs time, without an account."""
    form = IrritantForm(request.POST if request.method == "POST" else None, request=request)
    if not form.is_valid():
        return render(request, "events/rendezvous/irritant_new.html", {"form": form})
    given = form.cleaned_data
    irritants.post_irritant(
        told=given["told"],
        sector=given["sector"],
        hours_weekly=given["hours_weekly"],
        name=given["name"],
        company_name=given["company_name"],
        email=given["email"],
        language=get_language() or "fr",
        now=timezone.now(),
    )
    return redirect("rendezvous:irritant_sent")


@public
@require_safe
def irritant_sent(request: HttpRequest) -> HttpResponse:
    """Say that the rest waits in the mailbox, the same for every address."""
    return render(request, "events/rendezvous/irritant_sent.html")


@csrf_exempt
@token
@require_http_methods(_METHODS)
def follow_irritant(request: HttpRequest, token: str) -> HttpResponse:
    """Confirm, follow or withdraw one's irritant. Every act is a button."""
    irritant = services.irritant_of(token)
    if irritant is None:
        raise Http404(_("Ce lien ne mène plus nulle part."))
    refusal = ""
    if request.method == "POST":
        do, now = request.POST.get("do", ""), timezone.now()
        try:
            if do == "confirm":
                irritants.confirm_irritant(irritant_id=irritant.pk, now=now)
            elif do == "withdraw":
                irritants.withdraw_irritant(irritant_id=irritant.pk, now=now)
            else:
                raise Http404
        except DomainError as refused:
            refusal = refused.message
        else:
            return redirect("rendezvous:follow_irritant", token)
    context = {"irritant": irritant, "refusal": refusal}
    status = 409 if refusal else 200
    return render(request, "events/rendezvous/irritant_follow.html", context, status=status)


@public
@require_safe
def irritant(request: HttpRequest, irritant_id: int) -> HttpResponse:
    """Show one irritant, and how to answer it."""
    rows = Irritant.objects.published().select_related("evening__session")
    found = get_object_or_404(rows, pk=irritant_id)
    evening = found.evening
    is_open = evening is not None and evening.takes_applications(now=timezone.now())
    context = {"irritant": found, "evening": evening, "is_open": is_open}
    return render(request, "events/rendezvous/irritant.html", context)


# --- Providers: their answers and their tables ---


@member
@require_http_methods(_METHODS)
def answer(request: MemberRequest, irritant_id: int) -> HttpResponse:
    """Let a provider whose charter is in force answer an irritant."""
    rows = Irritant.objects.published().select_related("evening__session")
    found = get_object_or_404(rows, pk=irritant_id)
    cards = Provider.objects.of(request.user).published().select_related("company")
    context: dict[str, Any] = {"irritant": found, "evening": found.evening}
    refusal = _why_not(list(cards))
    if refusal:
        context |= {"refusal": refusal, "has_card": cards.exists()}
        return render(request, "events/rendezvous/answer_refused.html", context, status=403)
    is_sent = request.method == "POST"
    form = PitchForm(request.POST if is_sent else None, providers=cards.order_by("name", "pk"))
    context["form"] = form
    if not form.is_valid():
        return render(request, "events/rendezvous/answer.html", context)
    try:
        services.send_pitch(
            irritant_id=found.pk,
            provider_id=form.cleaned_data["provider"].pk,
            user_id=request.user.pk,
            answer=form.cleaned_data["answer"],
            speaker_name=form.cleaned_data["speaker_name"],
            now=timezone.now(),
        )
    except services.CharterMissing as refused:
        context |= {"refusal": refused.message, "has_card": True}
        return render(request, "events/rendezvous/answer_refused.html", context, status=403)
    except DomainError as refused:
        form.add_error(None, refused.message)
        return render(request, "events/rendezvous/answer.html", context)
    messages.success(request, _("Votre réponse est envoyée. Le centre vous écrit après le choix."))
    return redirect("rendezvous:mine")


def _why_not(cards: list[Provider]) -> str:
    """Return why none of these cards may answer; empty when one may."""
    if not cards:
        return _("Votre compte ne tient aucune fiche publiée dans l’annuaire.")
    now = timezone.now()
    if any(services.has_charter(card.company, now=now) for card in cards):
        return ""
    try:
        services.require_charter(cards[0], now=now)
    except services.CharterMissing as refused:
        return refused.message
    return ""


@member
@require_http_methods(_METHODS)
def mine(request: MemberRequest) -> HttpResponse:
    """List one's answers and the tables one holds; withdraw an answer."""
    if request.method == "POST":
        try:
            services.withdraw_pitch(
                pitch_id=_number(request.POST.get("pitch")), user_id=request.user.pk
            )
        except Pitch.DoesNotExist as gone:
            raise Http404 from gone
        except DomainError as refused:
            messages.error(request, refused.message)
        else:
            messages.success(request, _("Votre réponse est retirée."))
        return redirect("rendezvous:mine")
    cards = Provider.objects.of(request.user)
    rows = Pitch.objects.filter(provider__in=cards)
    held = Participant.objects.filter(provider__in=cards, left_at=None)
    places = [
        (place, services.token(place.pk, services.PARTICIPANT))
        for place in held.select_related("evening__session", "provider").order_by("-pk")
    ]
    context = {
        "pitches": list(
            rows.select_related("irritant", "provider", "evening__session").order_by("-pk")[:LISTED]
        ),
        "places": places,
        "withdrawable": {PitchStatus.SENT, PitchStatus.NOT_CHOSEN},
    }
    return render(request, "events/rendezvous/mine.html", context)


@member
@require_http_methods(_METHODS)
def hold_table(request: MemberRequest, slug: str) -> HttpResponse:
    """Let a provider whose charter is in force hold a table of the evening."""
    rows = Evening.objects.shown().select_related("session")
    found = get_object_or_404(rows, session__slug=slug)
    cards = Provider.objects.of(request.user).published().select_related("company")
    refusal = _why_not(list(cards))
    if not refusal and request.method == "POST":
        try:
            place = tables.hold_table(
                evening_id=found.pk,
                provider_id=_number(request.POST.get("fiche")),
                user_id=request.user.pk,
                now=timezone.now(),
            )
        except Provider.DoesNotExist as gone:
            raise Http404 from gone
        except DomainError as refused:
            refusal = refused.message
        else:
            return redirect("rendezvous:tables", services.token(place.pk, services.PARTICIPANT))
    if refusal:
        context = {"refusal": refusal, "has_card": cards.exists(), "evening": found}
        return render(request, "events/rendezvous/answer_refused.html", context, status=403)
    context = {"evening": found, "cards": cards.order_by("name", "pk")}
    return render(request, "events/rendezvous/hold_table.html", context)


def _number(value: str | None) -> int:
    return int(value) if value and value.isascii() and value.isdecimal() and len(value) < 19 else 0  # noqa: PLR2004 -- digits of a bigint
