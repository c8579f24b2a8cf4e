"""What was done, counted for the funders: support of companies, activity of the centre (R7.02)."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Count, F, Q, Sum
from django.utils.translation import gettext_lazy as _

from diagnostics.enums import Depth
from diagnostics.models import Diagnostic
from directory.models import Need
from events.enums import (
    EnrolmentEnd,
    RegistrationStatus,
    SatisfactionMoment,
    SessionStatus,
    SignatureMethod,
)
from events.models import Registration, Satisfaction, Signature, Trainee
from events.training_queries import with_attendance
from observatory.funding.figures import Line
from observatory.funding_span import Span, proof_of
from observatory.models import Survey
from observatory.survey_enums import Outcome, Source

_FIRST_DAY = date(2000, 1, 1)


# --- What was done for companies ---


def visits(span: Span) -> Iterator[Line]:
    """Give the pre-diagnostics signed by both; hours of the appointment."""
    rows = Diagnostic.objects.filter(span.holds("signed_at"), depth=Depth.ON_SITE)
    for row in rows.select_related("company", "appointment").order_by("pk"):
        assert row.company is not None  # of every visit
        assert row.signed_at is not None  # by the filter
        visit = row.appointment
        hours = (visit.ends_at - visit.starts_at) / timedelta(hours=1) if visit else 0
        yield Line(
            row.company.siren, row.company.siren, row.company.name, Decimal(str(round(hours, 2))),
            [proof_of(row.signed_at, _("Synthèse signée par les deux parties"),
                      row.run_id.hex[:8].upper())],
        )  # fmt: skip


def half_days(span: Span) -> Iterator[Line]:
    """Give, for each company and half-day, the hours that its trainees signed for."""
    rows = (
        Signature.objects.filter(span.holds("half_day__starts_at"), trainee__isnull=False)
        .exclude(method=SignatureMethod.ABSENT)
        .exclude(trainee__enrolment__order__buyer_siren="")
        .values(
            "half_day_id", "half_day__starts_at", "half_day__ends_at",
            siren=F("trainee__enrolment__order__buyer_siren"),
            name=F("trainee__enrolment__order__buyer_name"),
        )
        .annotate(people=Count("pk"))
        .order_by("siren", "half_day_id")
    )  # fmt: skip
    for row in rows:
        length = (row["half_day__ends_at"] - row["half_day__starts_at"]) / timedelta(hours=1)
        yield Line(
            row["siren"], row["siren"], row["name"], Decimal(str(round(length * row["people"], 2))),
            [proof_of(row["half_day__starts_at"], _("Émargement d’une demi-journée"),
                      f"DJ-{row['half_day_id']}")],
        )  # fmt: skip


def supported(span: Span) -> Iterator[Line]:
    """Give what is structured and documented (R7.02): a registration alone never is."""
    yield from visits(span)
    yield from half_days(span)


def newly_supported(span: Span) -> Iterator[Line]:
    """Give the same of the companies that had none before the first day."""
    before = {line.siren for line in supported(Span(_FIRST_DAY, span.from_on - timedelta(days=1)))}
    return (line for line in supported(span) if line.siren not in before)


def reached(span: Span) -> Iterator[Line]:
    """Give every company that came, asked or was helped, whatever the form."""
    yield from supported(span)
    there = Registration.objects.filter(
        span.holds("session__starts_at"), status=RegistrationStatus.PRESENT
    ).exclude(siret="")
    for siret, name, day, slug in there.order_by("pk").values_list(
        "siret", "company_name", "session__starts_at", "session__slug"
    ):
        yield Line(siret[:9], siret[:9], name, proofs=[proof_of(day, _("Présence"), slug)])
    flash = Diagnostic.objects.filter(
        span.holds("claimed_at"), depth=Depth.FLASH, company__isnull=False
    )
    for siret, name, claimed, run in flash.order_by("pk").values_list(
        "company__siret", "company__name", "claimed_at", "run_id"
    ):
        assert claimed is not None  # by the filter
        reference = run.hex[:8].upper()
        yield Line(
            siret[:9], siret[:9], name, proofs=[proof_of(claimed, _("Diagnostic flash"), reference)]
        )
    needs = Need.objects.filter(span.holds("confirmed_at"), company__isnull=False)
    for key, siret, name, confirmed in needs.order_by("pk").values_list(
        "pk", "company__siret", "company__name", "confirmed_at"
    ):
        assert confirmed is not None  # by the filter
        proof = proof_of(confirmed, _("Besoin confirmé"), f"B-{key}")
        yield Line(siret[:9], siret[:9], name, proofs=[proof])


# --- The centre’s activity ---


def attendance(span: Span) -> Iterator[Line]:
    """Give the sessions where somebody was, and how many people."""
    rows = (
        Registration.objects.filter(
            span.holds("session__starts_at"),
            status=RegistrationStatus.PRESENT,
            session__status=SessionStatus.PUBLISHED,
        )
        .values("session_id", "session__slug", "session__title_fr", "session__starts_at")
        .annotate(people=Sum("seats"))
        .order_by("session_id")
    )
    for row in rows:
        yield Line(
            f"session-{row['session_id']}", "", row["session__title_fr"] or row["session__slug"],
            Decimal(row["people"]),
            [proof_of(row["session__starts_at"], _("Pointage à l’entrée"), row["session__slug"])],
        )  # fmt: skip


def trainees(span: Span) -> Iterator[Line]:
    """Give each trainee who signed a half-day; nobody is named."""
    rows = (
        Signature.objects.filter(span.holds("half_day__starts_at"), trainee__isnull=False)
        .exclude(method=SignatureMethod.ABSENT)
        .order_by("pk")
        .values_list(
            "trainee_id", "trainee__enrolment__order__buyer_siren", "half_day_id",
            "half_day__starts_at",
        )
    )  # fmt: skip
    for trainee, siren, half_day, day in rows:
        proof = proof_of(day, _("Émargement d’une demi-journée"), f"DJ-{half_day}")
        yield Line(f"stagiaire-{trainee}", siren, proofs=[proof])


def completed(span: Span) -> Iterator[Line]:
    """Give the trainees of the trainings that ended, 1 for who was at every half-day.

    Who came and broke the contract on the way was not: they stay among those counted.
    """
    rows = Trainee.objects.filter(
        Q(enrolment__ended_at=None) | Q(enrolment__end_reason=EnrolmentEnd.BROKEN),
        span.holds("enrolment__training_session__session__ends_at"),
        enrolment__signed_at__isnull=False,
    )
    for key, siren, day, slug, present, halves in (
        with_attendance(rows)
        .order_by("pk")
        .values_list(
            "pk", "enrolment__order__buyer_siren",
            "enrolment__training_session__session__ends_at",
            "enrolment__training_session__session__slug", "present", "halves",
        )
    ):  # fmt: skip
        proof = proof_of(day, _("Émargement, de la première à la dernière demi-journée"), slug)
        yield Line(f"stagiaire-{key}", siren, "", Decimal(int(present == halves)), [proof])


def response_rates(span: Span) -> Iterator[Line]:
    """Give the drawn surveys that closed, with how many of a hundred in scope answered.

    Who answered is nobody's to know: a survey is one line.
    """
    surveys = Survey.objects.filter(span.holds("closed_at"), source=Source.DRAWN)
    in_scope = ~Q(units__outcome=Outcome.OUT_OF_SCOPE)
    rows = surveys.annotate(
        asked=Count("units", filter=in_scope),
        answered=Count("units", filter=Q(units__outcome=Outcome.ANSWERED)),
    )
    for key, code, title, closed, asked, answered in (
        rows.filter(asked__gt=0)
        .order_by("pk")
        .values_list("pk", "code", "title", "closed_at", "asked", "answered")
    ):
        assert closed is not None  # by the filter
        rate = (Decimal(100 * answered) / asked).quantize(Decimal("0.01"))
        proof = proof_of(closed, _("Clôture de l’enquête"), code)
        yield Line(f"enquete-{key}", "", title, rate, [proof])


def satisfaction(span: Span) -> Iterator[Line]:
    """Give what trainees answered at the end of a training."""
    rows = Satisfaction.objects.filter(span.holds("answered_at"), moment=SatisfactionMoment.HOT)
    for key, score, day, siren in rows.order_by("pk").values_list(
        "pk", "score", "answered_at", "trainee__enrolment__order__buyer_siren"
    ):
        proof = proof_of(day, _("Réponse de satisfaction"), f"S-{key}")
        yield Line(f"reponse-{key}", siren, "", Decimal(score), [proof])
