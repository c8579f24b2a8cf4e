"""The file of a training session, for the centre's people; and the yearly return."""

from collections.abc import Callable, Sequence
from io import BytesIO
from typing import Any

from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from emn.lib.access import staff
from emn.lib.admin import agent_id
from emn.lib.db import posted_key
from emn.lib.errors import DomainError
from emn.lib.tables import write_csv
from events import training_checklist, training_queries, wording
from events.enums import DocumentKind, SatisfactionMoment
from events.models import Enrolment, TrainingDocument, TrainingSession
from events.services import (
    invoices,
    training_clocks,
    training_documents,
    trainings,
)
from events.services.training_links import enrolment_url, trainee_url, trainer_url
from events.views.enrolments import document_response, euros_of

RUN = "events.run_training"
FIRST_YEAR = 2020


@staff(RUN)
@require_http_methods(["GET", "HEAD", "POST"])
def training_file(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what is there and « Ce qui manque »; each act is a button."""
    own = _own(pk)
    refusal = ""
    if request.method == "POST":
        do = request.POST.get("do", "")
        acts = _acts(own, request)
        if do not in acts:
            raise Http404
        label, act = acts[do]
        try:
            act()
        except DomainError as refused:
            refusal = refused.message
        else:
            _log(request, own, label)
            messages.success(request, _("Fait : %(what)s.") % {"what": label})
            return redirect("trainings:file", pk)
    own = _own(pk)
    now = timezone.now()
    lines = training_checklist.of(own, now=now)
    rows = own.documents.defer("content").select_related(
        "trainee__registration", "enrolment__order"
    )
    seated = trainings.seated(own)
    dossiers = list(
        own.enrolments.select_related("order").prefetch_related("order__invoices").order_by("pk")
    )
    context = {
        "own": own,
        "session": own.session,
        "training": own.training,
        "when": wording.when(own.session),
        "where": wording.place(own.session),
        "lines": lines,
        "is_whole": all(line.is_done for line in lines),
        "acts": _buttons(lines),
        "documents": list(rows.order_by("kind", "trainee", "enrolment", "-version", "pk")),
        "dossiers": [(row, enrolment_url(row)) for row in dossiers],
        "trainees": [(row, trainee_url(row)) for row in seated],
        "trainers": [(row, trainer_url(own.pk, row.pk)) for row in own.trainers.order_by("pk")],
        "changes": own.trainer_changes.select_related("former", "latter").order_by("pk"),
        "halves": list(own.half_days.order_by("starts_at", "pk")),
        "has_begun": own.session.starts_at <= now,
        "refusal": refusal,
        "history": LogEntry.objects.filter(
            content_type__app_label="events",
            content_type__model="trainingsession",
            object_id=str(pk),
        ).select_related("user").order_by("-action_time", "-pk")[:20],
    }  # fmt: skip
    status = 409 if refusal else 200
    return render(request, "events/trainings/file.html", context, status=status)


def _acts(own: TrainingSession, request: HttpRequest) -> dict[str, tuple[str, Callable[[], Any]]]:
    now, given = timezone.now(), request.POST
    which = posted_key(given.get("which"))
    pk = own.pk
    return {
        "cut": (
            _("demi-journées refaites"),
            lambda: trainings.cut_again(training_session_id=pk),
        ),
        "programme": (
            _("programme émis"),
            lambda: training_documents.issue_programme(training_session_id=pk, now=now),
        ),
        "sheet": (
            _("feuille d’émargement émise"),
            lambda: training_documents.issue_sheet(training_session_id=pk, now=now),
        ),
        "convoke": (
            _("convocations envoyées"),
            lambda: [
                trainings.convoke(trainee_id=row.pk, now=now) for row in trainings.seated(own)
            ],
        ),
        "certificates": (
            _("certificats et attestations émis"),
            lambda: [
                training_documents.issue_for_trainee(trainee_id=row.pk, now=now)
                for row in trainings.seated(own)
            ],
        ),
        "satisfaction": (
            _("réponses de satisfaction émises"),
            lambda: trainings.issue_satisfaction(training_session_id=pk, now=now),
        ),
        "hot": (
            _("satisfaction à chaud demandée"),
            lambda: trainings.ask_satisfaction(
                training_session_id=pk, moment=SatisfactionMoment.HOT, now=now
            ),
        ),
        "links": (
            _("liens de signature envoyés"),
            lambda: [
                training_clocks.send_links(half.pk, now)
                for half in own.half_days.all()
                if half.is_open(now=now)
            ],
        ),
        "invoice": (_("facture émise"), lambda: _invoice(own, which)),
        "close": (
            _("session close"),
            lambda: trainings.close(training_session_id=pk, by_id=agent_id(request), now=now),
        ),
    }


def _dossier(own: TrainingSession, which: int) -> Enrolment:
    return get_object_or_404(own.enrolments, pk=which)


def _invoice(own: TrainingSession, which: int) -> object:
    now = timezone.now()
    order_id = _dossier(own, which).order_id
    return invoices.issue(order_id=order_id, on=timezone.localdate(now), now=now)


def _log(request: HttpRequest, own: TrainingSession, label: str) -> None:
    LogEntry.objects.log_actions(
        user_id=agent_id(request), queryset=[own], action_flag=CHANGE, change_message=label,
        single_object=True,
    )  # fmt: skip


@staff(RUN)
@require_safe
def archive(request: HttpRequest, pk: int) -> HttpResponse:
    """Give the whole file of a session to an auditor, with the hashes."""
    own = _own(pk)
    response = HttpResponse(training_documents.archive(own), content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="formation-{pk}.zip"'
    return response


@staff(RUN)
@require_safe
def document(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one paper as it was issued."""
    found = get_object_or_404(TrainingDocument.objects.filter(emptied_at=None), pk=pk)
    return document_response(request, found, name=f"{found.reference}-v{found.version}")


@staff(RUN)
@require_safe
def yearly_return(request: HttpRequest) -> HttpResponse:
    """Show the figures of the yearly return (BPF), and who is behind each."""
    year = _year(request.GET.get("annee", ""))
    found = training_queries.yearly_return(year)
    part, code = request.GET.get("cadre", ""), request.GET.get("code", "")
    context = {
        "found": found,
        "year": str(year),  # a number would be written “2 026”, in links too
        "part": part,
        "code": code,
        "behind": found.behind(part, code) if part in training_queries.PARTS else [],
        "parts": [
            (name, [row for row in found.figures if row.part == name])
            for name in training_queries.PARTS
        ],
        "money": [
            (label, trainees, euros_of(cents))
            for label, trainees, cents in training_queries.invoiced_by_funding(year)
        ],
    }
    return render(request, "events/trainings/bpf.html", context)


@staff(RUN)
@require_safe
def yearly_return_csv(request: HttpRequest, year: int) -> HttpResponse:
    """Give the same figures as a table."""
    file = BytesIO()
    write_csv(file, training_queries.return_lines(training_queries.yearly_return(_year(str(year)))))
    response = HttpResponse(file.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="bpf-{year}.csv"'
    return response


def _year(asked: str) -> int:
    now = timezone.localdate().year
    year = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) == 4 else now  # noqa: PLR2004 -- a year
    return min(max(year, FIRST_YEAR), now)


def _buttons(lines: Sequence[training_checklist.Line]) -> list[tuple[str, str, str]]:
    """Return the acts: label, value, tone. What is done already stands back."""
    is_done = {line.key for line in lines if line.is_done}
    acts = (
        (_("Émettre le programme"), "programme", DocumentKind.PROGRAMME),
        (_("Convoquer ceux qui ne le sont pas"), "convoke", DocumentKind.CONVOCATION),
        (_("Émettre la feuille d’émargement"), "sheet", DocumentKind.SHEET),
        (_("Émettre certificats et attestations"), "certificates", DocumentKind.CERTIFICATE),
        (_("Demander la satisfaction à chaud"), "hot", "hot"),
        (_("Émettre les réponses de satisfaction"), "satisfaction", DocumentKind.SATISFACTION),
    )
    return [
        *((label, do, "quiet" if key in is_done else "plain") for label, do, key in acts),
        (_("Envoyer les liens de la demi-journée"), "links", "quiet"),
        (_("Refaire les demi-journées"), "cut", "quiet"),
    ]


def _own(pk: int) -> TrainingSession:
    rows = TrainingSession.objects.select_related("session__room", "training__product")
    return get_object_or_404(rows, pk=pk)
