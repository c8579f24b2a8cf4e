"""Pages of who is in the room: sign a half-day, follow one's training, teach it.

No page needs a cookie: the secret of the address is the proof. Links open pages; buttons act.
"""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from emn.lib.access import token
from emn.lib.errors import DomainError
from emn.lib.rate_limit import client_network, limited
from events import training_papers, wording
from events.enums import SatisfactionMoment, SeatMode
from events.models import HalfDay, Trainee, Trainer, TrainingSession
from events.services import attendance, telling, training_documents, trainings
from events.services.registrations import fold_email
from events.services.training_links import (
    address,
    room_of,
    room_token,
    signing_of,
    signing_token,
    trainee_of,
    trainer_of,
)
from events.training_forms import (
    EvaluationForm,
    NoteForm,
    PositioningForm,
    RoomForm,
    SatisfactionForm,
    SignatureForm,
)
from events.views.enrolments import document_response

_METHODS = ["GET", "HEAD", "POST"]
GUESSES = 30  # addresses tried at the code of a room, an hour and a connection


# --- Signing ---


@csrf_exempt
@token
@require_http_methods(_METHODS)
def sign(request: HttpRequest, token: str) -> HttpResponse:
    """Sign one half-day, once, within it; by a drawing or by one's name."""
    found = signing_of(token)
    if found is None:
        raise Http404(_("Ce lien ne mène plus nulle part."))
    half_day, trainee, trainer = found
    person = trainee or trainer
    assert person is not None
    form = SignatureForm(request.POST if request.method == "POST" else None)
    refusal, status = "", 200
    if form.is_valid():
        try:
            attendance.sign(
                half_day_id=half_day.pk, person=person, full_name=form.cleaned_data["full_name"],
                drawing=form.cleaned_data["drawing"], origin=client_network(request),
                now=timezone.now(),
            )  # fmt: skip
        except DomainError as refused:
            refusal, status = refused.message, 409
        else:
            return redirect("trainings:sign", token)
    now = timezone.now()
    session = half_day.training_session.session
    rows = half_day.signatures.filter(trainee=trainee) if trainee else (
        half_day.signatures.filter(trainer=trainer)
    )  # fmt: skip
    context = {
        "half_day": half_day,
        "span": training_papers.span(half_day),
        "session": session,
        "where": wording.place(session),
        "name": trainee.registration.full_name if trainee else trainer.name if trainer else "",
        "signature": rows.first(),
        "is_open": half_day.is_open(now=now),
        "is_over": now >= half_day.ends_at,
        "form": form,
        "refusal": refusal,
    }
    return render(request, "events/trainings/sign.html", context, status=status)


@csrf_exempt
@token
@require_http_methods(_METHODS)
@limited(scope="events.room", limit=GUESSES, period_s=3600)
def room(request: HttpRequest, token: str) -> HttpResponse:
    """Lead whoever read the code of the room to their own signature, within the half-day."""
    half_day = room_of(token)
    if half_day is None:
        raise Http404(_("Ce code ne mène plus nulle part."))
    now = timezone.now()
    form = RoomForm(request.POST if request.method == "POST" else None)
    if half_day.is_open(now=now) and form.is_valid():
        wanted = fold_email(form.cleaned_data["email"])
        mine = next(
            (row for row in trainings.seated(half_day.training_session)
             if row.registration.email == wanted),
            None,
        )  # fmt: skip
        if mine is not None:
            return redirect("trainings:sign", signing_token(half_day.pk, trainee_id=mine.pk))
        form.add_error(
            "email", _("Cette adresse n’a pas de place à cette session. Voyez le formateur.")
        )
    context = {
        "half_day": half_day,
        "span": training_papers.span(half_day),
        "session": half_day.training_session.session,
        "is_open": half_day.is_open(now=now),
        "form": form,
    }
    return render(request, "events/trainings/room.html", context)


# --- The trainee ---


@csrf_exempt
@token
@require_http_methods(_METHODS)
def trainee(request: HttpRequest, token: str) -> HttpResponse:
    """Follow one's own training: positioning, half-days, class from afar, opinion, documents."""
    found = _trainee(token)
    own = found.enrolment.training_session
    objectives = _objectives(own)
    positioning: PositioningForm | None = None
    opinion: SatisfactionForm | None = None
    refusal, status = "", 200
    if request.method == "POST":
        do = request.POST.get("do", "")
        now = timezone.now()
        try:
            if do == "position":
                positioning = PositioningForm(request.POST, objectives=objectives)
                if positioning.is_valid():
                    trainings.position(
                        trainee_id=found.pk, levels=positioning.levels(),
                        expectations=positioning.cleaned_data["expectations"], now=now,
                    )  # fmt: skip
                    return redirect("trainings:trainee", token)
            elif do == "join":
                half = get_object_or_404(own.half_days, pk=_number(request.POST.get("half_day")))
                return redirect(attendance.join(half_day_id=half.pk, trainee=found, now=now))
            elif do in SatisfactionMoment.values:
                opinion = SatisfactionForm(request.POST)
                if opinion.is_valid():
                    trainings.answer_satisfaction(
                        trainee_id=found.pk, moment=SatisfactionMoment(do),
                        **opinion.cleaned_data, now=now,
                    )  # fmt: skip
                    return redirect("trainings:trainee", token)
            else:
                raise Http404
        except DomainError as refused:
            refusal, status = refused.message, 409
    now = timezone.now()
    moments = trainings.moments_open(found, now=now)
    initial = {
        f"objective_{key}": level for key, level in found.positioning.get("levels", {}).items()
    } | {"expectations": found.positioning.get("expectations", "")}
    context = {
        "trainee": found,
        "token": token,
        "enrolment": found.enrolment,
        "own": own,
        "training": own.training,
        "session": own.session,
        "when": wording.when(own.session),
        "where": wording.place(own.session),
        "halves": _halves_of(found, now=now),
        "may_position": own.session.starts_at > now and found.enrolment.ended_at is None,
        "positioning": positioning or PositioningForm(objectives=objectives, initial=initial),
        "positioning_is_open": positioning is not None or found.positioned_at is None,
        "qr": _ticket(found, now=now),
        "moment": moments[0] if moments else "",
        "opinion": opinion or SatisfactionForm(),
        "documents": training_documents.latest(
            found.documents.filter(emptied_at=None).defer("content").order_by("version", "pk")
        ),
        "refusal": refusal,
    }
    return render(request, "events/trainings/trainee.html", context, status=status)


def _ticket(found: Trainee, *, now: datetime) -> str:
    """Return the code that the door reads, until the training is over; none from afar."""
    entry = found.registration
    on_site = entry.pool.mode == SeatMode.ON_SITE
    is_over = found.enrolment.training_session.session.ends_at <= now
    if is_over or not on_site or not entry.holds_ticket:
        return ""
    return mark_safe(telling.qr_svg(entry))  # noqa: S308 -- drawn by us


def _halves_of(found: Trainee, *, now: Any) -> list[dict[str, Any]]:
    own = found.enrolment.training_session
    signed = {row.half_day_id: row for row in found.signatures.all()}
    return [
        {
            "half_day": half,
            "span": training_papers.span(half),
            "signature": signed.get(half.pk),
            "is_open": half.is_open(now=now),
            "is_over": now >= half.ends_at,
            "sign_token": signing_token(half.pk, trainee_id=found.pk),
            "may_join": half.is_open(now=now)
            and bool(own.session.remote_url)
            and found.registration.pool.mode == "remote",
        }
        for half in own.half_days.select_related("training_session__session").order_by(
            "starts_at", "pk"
        )
    ]


@token
@require_safe
def trainee_document(request: HttpRequest, token: str, document_id: int) -> HttpResponse:
    """Give a trainee one of their own papers."""
    found = _trainee(token)
    document = get_object_or_404(found.documents.filter(emptied_at=None), pk=document_id)
    return document_response(request, document, name=str(document.kind))


# --- The trainer ---


@csrf_exempt
@token
@require_http_methods(_METHODS)
def trainer(request: HttpRequest, token: str) -> HttpResponse:
    """Teach: the code to show, who signed, what is noted afterwards, the evaluations."""
    own, teacher = _trainer(token)
    form: NoteForm | None = None
    refusal, status = "", 200
    trainees = trainings.seated(own)
    if request.method == "POST":
        half = get_object_or_404(own.half_days, pk=_number(request.POST.get("half_day")))
        person = _person(request.POST.get("person", ""), trainees, teacher)
        form = NoteForm(request.POST)
        if form.is_valid():
            try:
                attendance.note(
                    half_day_id=half.pk, person=person, noted_by=teacher,
                    is_present=form.cleaned_data["presence"] == "present",
                    reason=form.cleaned_data["reason"], now=timezone.now(),
                )  # fmt: skip
            except DomainError as refused:
                refusal, status = refused.message, 409
            else:
                return redirect("trainings:trainer", token)
        else:
            refusal, status = _("Choisissez, et écrivez le motif : rien n’est noté."), 409
    now = timezone.now()
    context = {
        "own": own,
        "trainer": teacher,
        "token": token,
        "session": own.session,
        "training": own.training,
        "when": wording.when(own.session),
        "halves": [
            _half_for(half, own, teacher, trainees, now=now)
            for half in training_documents.with_signatures(own)
        ],
        "trainees": trainees,
        "has_begun": own.session.starts_at <= now,
        "form": NoteForm(),
        "refusal": refusal,
    }
    return render(request, "events/trainings/trainer.html", context, status=status)


def _half_for(
    half: HalfDay, own: TrainingSession, teacher: Trainer, trainees: list[Trainee], *, now: Any
) -> dict[str, Any]:
    is_open = half.is_open(now=now)
    room_url = address("room", room_token(half.pk), language="fr")
    rows = list(half.signatures.all())
    by_trainee = {row.trainee_id: row for row in rows}
    mine = next((row for row in rows if row.trainer_id == teacher.pk), None)
    return {
        "half_day": half,
        "span": training_papers.span(half),
        "is_open": is_open,
        "is_over": now >= half.ends_at,
        "qr": mark_safe(telling.qr_of(room_url)) if is_open else "",  # noqa: S308 -- drawn by us
        "room_url": room_url if is_open else "",
        "lines": [(row, by_trainee.get(row.pk)) for row in trainees],
        "mine": mine,
        "sign_token": signing_token(half.pk, trainer_id=teacher.pk),
        "signed": sum(row.pk in by_trainee for row in trainees),
    }


def _person(value: str, trainees: list[Trainee], teacher: Trainer) -> Trainee | Trainer:
    if value == "me":
        return teacher
    found = next((row for row in trainees if str(row.pk) == value), None)
    if found is None:
        raise Http404
    return found


@csrf_exempt
@token
@require_http_methods(_METHODS)
def evaluation(request: HttpRequest, token: str, trainee_id: int) -> HttpResponse:
    """Evaluate one trainee, objective by objective."""
    own, teacher = _trainer(token)
    found = next((row for row in trainings.seated(own) if row.pk == trainee_id), None)
    if found is None:
        raise Http404
    initial = {f"objective_{row.objective_id}": row.level for row in found.evaluations.all()}
    form = EvaluationForm(
        request.POST if request.method == "POST" else None,
        objectives=_objectives(own),
        initial=initial,
    )
    if form.is_valid():
        try:
            trainings.evaluate(
                trainee_id=found.pk, levels=form.levels(), trainer=teacher, now=timezone.now()
            )
        except DomainError as refused:
            form.add_error(None, refused.message)
        else:
            return redirect("trainings:trainer", token)
    context = {"own": own, "trainee": found, "token": token, "form": form, "session": own.session}
    return render(request, "events/trainings/evaluation.html", context)


# --- Steps ---


def _trainee(token: str) -> Trainee:
    found = trainee_of(token)
    if found is None:
        raise Http404(_("Ce lien ne mène plus nulle part."))
    return found


def _trainer(token: str) -> tuple[TrainingSession, Trainer]:
    found = trainer_of(token)
    if found is None:
        raise Http404(_("Ce lien ne mène plus nulle part."))
    return found


def _objectives(own: TrainingSession) -> list[Any]:
    return list(own.training.objectives.order_by("position", "pk"))


def _number(value: str | None) -> int:
    return int(value) if value and value.isascii() and value.isdecimal() and len(value) < 18 else 0  # noqa: PLR2004 -- digits of a bigint
