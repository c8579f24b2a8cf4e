"""What the file of a training session must hold, and what it lacks (R4.07, indicators 2 and 30)."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from emn.lib.templatetags.french import day
from events import training_papers
from events.enums import DocumentKind, OrderStatus
from events.models import (
    Enrolment,
    HalfDay,
    Invoice,
    SkillEvaluation,
    Trainee,
    TrainingSession,
)
from events.services.attendance import missing_of
from events.services.training_documents import with_signatures


@dataclass(frozen=True, kw_only=True)
class Line:
    """One item: done, or the names of what is missing. `notes`: what an auditor reads besides."""

    key: str
    label: str
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def is_done(self) -> bool:
        """Whether nothing is missing."""
        return not self.missing


def of(own: TrainingSession, *, now: datetime) -> list[Line]:
    """Return each item that the law or the auditor asks for, in the order of the work.

    Of who was noted away at every half-day, nothing is asked that says what they did. A constant
    number of queries, whatever the trainees.
    """
    enrolments = list(own.enrolments.signed().select_related("order").order_by("pk"))
    trainees = list(
        Trainee.objects.filter(enrolment__in=enrolments, registration__ended_at=None)
        .select_related("registration", "enrolment")
        .order_by("registration__full_name", "pk")
    )
    trainers = list(own.trainers.order_by("pk"))
    halves = with_signatures(own)
    came = _without_who_stayed_away(trainees, halves)
    papers: set[tuple[str, int | None, int | None]] = set(
        own.documents.exclude(sha256="").values_list("kind", "enrolment", "trainee")
    )
    owing = [*enrolments, *own.enrolments.filter(owed_cents__gt=0).select_related("order")]
    invoiced = set(
        Invoice.objects.filter(
            order__in=[row.order_id for row in owing], order__status=OrderStatus.INVOICED,
            kind="invoice",
        )
        .values_list("order", flat=True)
    )  # fmt: skip
    objectives = own.training.objectives.count()
    evaluated: dict[int, int] = {}
    for key in SkillEvaluation.objects.filter(trainee__in=trainees).values_list(
        "trainee", flat=True
    ):
        evaluated[key] = evaluated.get(key, 0) + 1

    def paper(kind: DocumentKind, label: str) -> Line:
        missing = () if (kind, None, None) in papers else (_("à émettre"),)
        return Line(key=kind, label=label, missing=missing)

    def each(key: str, label: str, rows: Iterable[Trainee], *, notes: Iterable[str] = ()) -> Line:
        return Line(key=key, label=label, missing=tuple(map(str, rows)), notes=tuple(notes))

    def without(kind: DocumentKind, rows: Iterable[Trainee]) -> list[Trainee]:
        return [row for row in rows if (kind, None, row.pk) not in papers]

    # Every trainee is asked by the mail of their welcome; once it has begun, nobody answers.
    has_begun = own.session.starts_at <= now
    silent = [row for row in came if has_begun and row.positioned_at is None]

    since = dict(own.trainer_changes.order_by("pk").values_list("latter", "changed_at"))

    def unsigned_of(half: HalfDay) -> Sequence[object]:
        if half.ends_at > now:
            return [_("à venir")]
        teaching = [row for row in trainers if since.get(row.pk, half.starts_at) < half.ends_at]
        is_taught = teaching or any(row.trainer_id for row in half.signatures.all())
        missing = missing_of(half, [*trainees, *teaching])
        return missing if is_taught else [*missing, _("un formateur")]

    unsigned = [
        f"{training_papers.span(half)} : {person}"
        for half in halves
        for person in unsigned_of(half)
    ]
    return [
        Line(
            key="sheet_of_training",
            label=_("Fiche de la formation complète"),
            missing=tuple(training_papers.missing_before_registration(own.training)),
        ),
        paper(DocumentKind.PROGRAMME, _("Programme")),
        Line(
            key="trainees",
            label=_("Stagiaires inscrits"),
            missing=() if trainees else (_("aucun dossier signé"),),
        ),
        Line(
            key="pending",
            label=_("Dossiers tous signés ou terminés"),
            missing=tuple(
                str(row)
                for row in Enrolment.objects.going()
                .filter(training_session=own, signed_at=None)
                .select_related("order")
            ),
        ),
        Line(
            key="quote",
            label=_("Devis accepté"),
            missing=tuple(str(row) for row in enrolments if row.order.accepted_at is None),
        ),
        Line(
            key="agreement",
            label=_("Convention ou contrat signé"),
            missing=tuple(
                str(row) for row in enrolments if (row.agreement_kind, row.pk, None) not in papers
            ),
        ),
        each(
            DocumentKind.CONVOCATION,
            _("Convocations"),
            without(DocumentKind.CONVOCATION, trainees),
        ),
        each(
            DocumentKind.POSITIONING,
            _("Positionnement"),
            [row for row in without(DocumentKind.POSITIONING, came) if row not in silent],
            notes=map(_unanswered, silent),
        ),
        Line(key="signatures", label=_("Émargements"), missing=tuple(unsigned)),
        paper(DocumentKind.SHEET, _("Feuille d’émargement")),
        each(
            "evaluations",
            _("Acquis évalués"),
            [row for row in came if evaluated.get(row.pk, 0) < objectives],
        ),
        each(
            DocumentKind.CERTIFICATE,
            _("Certificats de réalisation"),
            without(DocumentKind.CERTIFICATE, came),
        ),
        each(
            DocumentKind.ATTESTATION,
            _("Attestations de fin de formation"),
            without(DocumentKind.ATTESTATION, came),
        ),
        Line(
            key="invoice",
            label=_("Factures"),
            missing=tuple(str(row) for row in owing if row.order_id not in invoiced),
        ),
        Line(
            key="hot",
            label=_("Satisfaction à chaud demandée"),
            missing=() if own.hot_asked_at else (_("à la fin de la formation"),),
        ),
        Line(
            key="cold",
            label=_("Satisfaction à froid demandée"),
            missing=() if own.cold_asked_at else (_("trois mois après la fin"),),
        ),
        paper(DocumentKind.SATISFACTION, _("Réponses de satisfaction")),
    ]


def _without_who_stayed_away(
    trainees: Iterable[Trainee], halves: Sequence[HalfDay]
) -> list[Trainee]:
    """Keep all but those who were noted absent at each half-day."""
    rows = [row for half in halves for row in half.signatures.all()]
    absences = Counter(row.trainee_id for row in rows if not row.is_presence)
    return [row for row in trainees if not halves or absences[row.pk] < len(halves)]


def _unanswered(trainee: Trainee) -> str:
    assert trainee.enrolment.signed_at is not None
    return _("%(name)s : demandé le %(day)s, sans réponse") % {
        "name": trainee,
        "day": day(trainee.enrolment.signed_at),
    }
