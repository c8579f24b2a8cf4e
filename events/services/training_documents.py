"""Papers as they are issued: each version kept for good, with its hash.

A paper is issued as what it says; a worker makes its PDF (`make`), once, and sends those that
somebody waits for. The clock of trainings makes up for a worker that was killed.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from functools import partial
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

from django.db import transaction
from django.db.models import Max, Prefetch
from django.utils.translation import gettext as _
from django.utils.translation import override

from emn.lib.commit import after_commit
from emn.lib.errors import DomainError
from emn.mailings.services import Attachment
from events import training_papers as papers
from events.enums import DocumentKind
from events.models import (
    Enrolment,
    HalfDay,
    RemoteConnection,
    Signature,
    Trainee,
    TrainingDocument,
    TrainingSession,
)
from events.services.training_links import tell_buyer, tell_trainee
from events.tasks import make_training_document
from events.training_papers import Paper

_TRAINEE_WITH = (
    "registration", "enrolment__order", "enrolment__training_session__session__room",
    "enrolment__training_session__training",
)  # fmt: skip


class DocumentRefused(DomainError):
    """The paper cannot be issued now."""


def issue(
    own: TrainingSession,
    kind: DocumentKind,
    paper: Paper,
    *,
    now: datetime,
    enrolment: Enrolment | None = None,
    trainee: Trainee | None = None,
) -> TrainingDocument:
    """Keep the paper as the next version of its kind; call it in a transaction."""
    same = {"training_session": own, "enrolment": enrolment, "trainee": trainee, "kind": kind}
    last = TrainingDocument.objects.filter(**same).aggregate(last=Max("version"))["last"] or 0
    made = TrainingDocument.objects.create(
        **same, version=last + 1, issued_at=now, paper=papers.data(paper, at=now),
        said_sha256=papers.fingerprint(paper),
    )  # fmt: skip
    after_commit(partial(make_training_document.delay, document_id=made.pk))
    return made


def make(*, document_id: int, now: datetime) -> bool:
    """Make the PDF of a paper, keep it with its hash, send it; False when it is there.

    The same paper gives the same bytes, so that a worker killed half way is made up for.
    """
    found = TrainingDocument.objects.unmade().filter(pk=document_id).first()
    if found is None:
        return False
    return _keep(document_id, papers.pdf(found.paper, at=found.issued_at), now=now)


@transaction.atomic(durable=True)
def _keep(document_id: int, content: bytes, *, now: datetime) -> bool:
    kept = TrainingDocument.objects.unmade().filter(pk=document_id).update(
        content=content, sha256=hashlib.sha256(content).hexdigest(), paper={}
    )  # fmt: skip
    if not kept:
        return False
    made = TrainingDocument.objects.select_related("enrolment__order").get(pk=document_id)
    pdf = Attachment(f"{made.kind}.pdf", "application/pdf", content)
    if made.enrolment is not None:
        tell_buyer(made.enrolment, "signed", now=now, attachments=[pdf])
    elif made.kind == DocumentKind.CONVOCATION:
        assert made.trainee_id is not None
        trainee = _trainee(made.trainee_id)
        tell_trainee(trainee, "convocation", now=now, stamp=f"v{made.version}", attachments=[pdf])
    elif made.kind == DocumentKind.CERTIFICATE:
        assert made.trainee_id is not None
        trainee = _trainee(made.trainee_id)
        told = "certified" if trainee.enrolment.ended_at is None else "followed"
        tell_trainee(trainee, told, now=now, stamp=f"v{made.version}", attachments=[pdf])
    return True


@transaction.atomic(durable=True)
def issue_programme(*, training_session_id: int, now: datetime) -> TrainingDocument:
    """Issue the programme of a session; refused while a part of it is empty (R4.03)."""
    own = _open(training_session_id)
    with override(papers.LANGUAGE):
        if missing := papers.missing_before_registration(own.training):
            raise DocumentRefused(
                _("Il manque à la fiche : %(items)s.") % {"items": ", ".join(missing)}
            )
        return issue(own, DocumentKind.PROGRAMME, papers.programme(own), now=now)


@transaction.atomic(durable=True)
def issue_sheet(*, training_session_id: int, now: datetime) -> TrainingDocument:
    """Issue the sheet as it stands; refused before the last half-day is over."""
    own = _open(training_session_id)
    halves = with_signatures(own)
    if not halves or now < halves[-1].ends_at:
        raise DocumentRefused(_("La feuille s’émet une fois la dernière demi-journée finie."))
    with override(papers.LANGUAGE):
        return issue(own, DocumentKind.SHEET, papers.sheet(own, halves), now=now)


@transaction.atomic(durable=True)
def issue_for_trainee(*, trainee_id: int, now: datetime) -> list[TrainingDocument]:
    """Issue evaluation, certificate and attestation of one trainee; nothing for who never came.

    Raises DocumentRefused: not over, a half-day neither signed nor noted (by the trainee, or by a
    trainer of the session), an objective not evaluated. The hours are the half-days signed. A
    paper whose last version says the same is not issued again; return those that were.
    """
    trainee = _trainee(trainee_id, held=True)
    own = trainee.enrolment.training_session
    _refuse_closed(own)
    halves = with_signatures(own)
    if not halves or now < halves[-1].ends_at:
        raise DocumentRefused(_("Le certificat s’émet une fois la dernière demi-journée finie."))
    mine: list[Signature] = []
    for half in halves:
        rows = list(half.signatures.all())
        own_rows = [row for row in rows if row.trainee_id == trainee.pk]
        if not own_rows or not any(row.trainer_id and row.is_presence for row in rows):
            with override(papers.LANGUAGE):
                raise DocumentRefused(
                    _("Émargement incomplet, pour %(name)s : %(half_day)s.")
                    % {"name": trainee.registration.full_name, "half_day": papers.span(half)}
                )
        mine += own_rows
    present = sum(row.is_presence for row in mine)
    if not present:
        return []
    evaluations = list(
        trainee.evaluations.select_related("objective", "trainer").order_by(
            "objective__position", "objective__pk"
        )
    )
    if len(evaluations) < own.training.objectives.count():
        raise DocumentRefused(
            _("Un objectif n’est pas évalué, pour %(name)s.")
            % {"name": trainee.registration.full_name}
        )
    with override(papers.LANGUAGE):
        made = {
            DocumentKind.EVALUATION: papers.evaluation(trainee, evaluations),
            DocumentKind.CERTIFICATE: papers.certificate(
                trainee, mine, in_part=present < len(halves)
            ),
            DocumentKind.ATTESTATION: papers.attestation(trainee, mine, evaluations),
        }
        return [
            issue(own, kind, paper, trainee=trainee, now=now)
            for kind, paper in made.items()
            if not _says(trainee, kind, paper)
        ]


def issue_followed(enrolment: Enrolment, *, now: datetime) -> None:
    """Certify what was followed of an enrolment that has just ended; call it in a transaction.

    One certificate for each trainee who signed a half-day (L6353-1, R4.06), sent to them.
    """
    trainees = Trainee.objects.filter(enrolment=enrolment).select_related(*_TRAINEE_WITH)
    for trainee in trainees.order_by("pk"):
        own = trainee.enrolment.training_session
        signed = Signature.objects.filter(trainee=trainee).select_related(
            "half_day__training_session__session"
        )
        followed = [row for row in signed.order_by("half_day__starts_at", "pk") if row.is_presence]
        if followed:
            with override(papers.LANGUAGE):
                paper = papers.certificate(trainee, followed, in_part=True)
            issue(own, DocumentKind.CERTIFICATE, paper, trainee=trainee, now=now)


def with_signatures(own: TrainingSession) -> list[HalfDay]:
    """Return the half-days in order, with all that happened in each."""
    joined = RemoteConnection.objects.select_related("trainee__registration").order_by("pk")
    rows = own.half_days.select_related("training_session__session").prefetch_related(
        Prefetch(
            "signatures", Signature.objects.select_related("half_day__training_session__session")
        ),
        Prefetch("connections", joined),
    )
    return list(rows.order_by("starts_at", "pk"))


def archive(own: TrainingSession) -> bytes:
    """Return the file of a session for an auditor: the last versions, and their hashes."""
    file = BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as archived:
        listed = []
        for document in latest(own.documents.made().order_by("version", "pk")):
            name = f"{document.kind}/{document.reference}-v{document.version}.pdf"
            archived.writestr(name, bytes(document.content))
            listed.append(f"{document.sha256}  {name}")
        for enrolment in own.enrolments.signed().select_related("order"):
            for invoice in enrolment.order.invoices.exclude(pdf="").order_by("pk"):
                name = f"invoice/{invoice.reference}.pdf"
                with invoice.pdf.open("rb") as content:
                    archived.writestr(name, content.read())
                listed.append(f"{invoice.sha256}  {name}")
        archived.writestr("SHA256SUMS", "\n".join([*listed, ""]))
    return file.getvalue()


def latest(documents: Iterable[TrainingDocument]) -> list[TrainingDocument]:
    """Keep the last version of each paper; given in the order of versions."""
    kept = {(row.kind, row.enrolment_id, row.trainee_id): row for row in documents}
    return list(kept.values())


def _open(training_session_id: int) -> TrainingSession:
    rows = TrainingSession.objects.select_related("session__room", "training__product")
    own = rows.get(pk=training_session_id)
    _refuse_closed(own)
    return own


def _refuse_closed(own: TrainingSession) -> None:
    if own.closed_at is not None:
        raise DocumentRefused(_("Cette session est close : ses documents ne changent plus."))


def _trainee(trainee_id: int, *, held: bool = False) -> Trainee:
    rows = Trainee.objects.select_related(*_TRAINEE_WITH)
    return (rows.select_for_update(of=("self",)) if held else rows).get(pk=trainee_id)


def _says(trainee: Trainee, kind: DocumentKind, paper: Paper) -> bool:
    """Tell whether the last version of a paper of theirs says the same."""
    said = trainee.documents.filter(kind=kind).order_by("-version").values_list("said_sha256")
    return said.first() == (papers.fingerprint(paper),)
