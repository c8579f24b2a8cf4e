"""The indicators of the funders, each a named query with a version (R7.01 to R7.08).

A query gives lines: what is counted once, with its proofs. None names a person. Change what a
query counts, and raise its version: a report says which one it was made with.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from django.conf import settings
from django.db.models import Count, F, Q, Sum
from django.db.models.functions import Left
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from diagnostics.enums import Depth, Stage
from diagnostics.models import Diagnostic
from diagnostics.scoring import DII_LEVELS
from directory.enums import NeedOutcome, ProposalStatus
from directory.models import Company, Need, Proposal
from emn.lib.calendar import LOCAL_LAW, working_days_between
from emn.territory.models import Establishment, LegalUnit
from events.enums import (
    EnrolmentEnd,
    RegistrationStatus,
    SatisfactionMoment,
    SessionStatus,
    SignatureMethod,
)
from events.models import Registration, Satisfaction, Signature, Trainee
from events.training_queries import with_attendance
from observatory.funding.figures import How, Line, Proof, merged
from observatory.models import SizeDeclaration, Survey
from observatory.survey_enums import Outcome, Source

QUICK_REPLY_DAYS = 2  # working days
DII_HIGH = DII_LEVELS[2]  # points of 12
_FIRST_DAY = date(2000, 1, 1)
FACTS = ("size", "naf", "epci")
Read = Callable[["Span"], Iterable[Line]]


@dataclass(frozen=True, slots=True)
class Span:
    """Days of a report, both included, on the centre’s clock."""

    from_on: date
    until_on: date

    @property
    def instants(self) -> tuple[datetime, datetime]:
        """The first instant, and the first after."""
        zone = timezone.get_current_timezone()
        end = self.until_on + timedelta(days=1)
        return (
            datetime(self.from_on.year, self.from_on.month, self.from_on.day, tzinfo=zone),
            datetime(end.year, end.month, end.day, tzinfo=zone),
        )

    def holds(self, name: str) -> Q:
        """Return the condition that the instant of this name lies in it."""
        start, end = self.instants
        return Q(**{f"{name}__gte": start, f"{name}__lt": end})


@dataclass(frozen=True, slots=True)
class Indicator:
    """A named query: `read` gives lines, `how` makes the value of them.

    `unit`: what stands behind the number; empty when the title says what is counted.
    """

    key: str
    version: int
    title: str | Promise
    unit: str | Promise
    how: How
    read: Read
    source: str = ""

    @property
    def has_cost(self) -> bool:
        """Whether what is spent may be divided by it: by a number of effects, not by a mean."""
        return self.how in {How.COUNT, How.SUM}

    def lines(self, span: Span) -> list[Line]:
        """Return what is counted over the days, one line a key."""
        return merged(self.read(span))


# --- What was done for companies ---


def _visits(span: Span) -> Iterator[Line]:
    """Give the pre-diagnostics signed by both; hours of the appointment."""
    rows = Diagnostic.objects.filter(span.holds("signed_at"), depth=Depth.ON_SITE)
    for row in rows.select_related("company", "appointment").order_by("pk"):
        assert row.company is not None  # of every visit
        assert row.signed_at is not None  # by the filter
        visit = row.appointment
        hours = (visit.ends_at - visit.starts_at) / timedelta(hours=1) if visit else 0
        yield Line(
            row.company.siren, row.company.siren, row.company.name, Decimal(str(round(hours, 2))),
            [_proof(row.signed_at, _("Synthèse signée par les deux parties"),
                    row.run_id.hex[:8].upper())],
        )  # fmt: skip


def _half_days(span: Span) -> Iterator[Line]:
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
            [_proof(row["half_day__starts_at"], _("Émargement d’une demi-journée"),
                    f"DJ-{row['half_day_id']}")],
        )  # fmt: skip


def _supported(span: Span) -> Iterator[Line]:
    """Give what is structured and documented (R7.02): a registration alone never is."""
    yield from _visits(span)
    yield from _half_days(span)


def _newly_supported(span: Span) -> Iterator[Line]:
    before = {line.siren for line in _supported(Span(_FIRST_DAY, span.from_on - timedelta(days=1)))}
    return (line for line in _supported(span) if line.siren not in before)


def _reached(span: Span) -> Iterator[Line]:
    """Give every company that came, asked or was helped, whatever the form."""
    yield from _supported(span)
    there = Registration.objects.filter(
        span.holds("session__starts_at"), status=RegistrationStatus.PRESENT
    ).exclude(siret="")
    for siret, name, day, slug in there.order_by("pk").values_list(
        "siret", "company_name", "session__starts_at", "session__slug"
    ):
        yield Line(siret[:9], siret[:9], name, proofs=[_proof(day, _("Présence"), slug)])
    flash = Diagnostic.objects.filter(
        span.holds("claimed_at"), depth=Depth.FLASH, company__isnull=False
    )
    for siret, name, claimed, run in flash.order_by("pk").values_list(
        "company__siret", "company__name", "claimed_at", "run_id"
    ):
        assert claimed is not None  # by the filter
        reference = run.hex[:8].upper()
        yield Line(
            siret[:9], siret[:9], name, proofs=[_proof(claimed, _("Diagnostic flash"), reference)]
        )
    needs = Need.objects.filter(span.holds("confirmed_at"), company__isnull=False)
    for key, siret, name, confirmed in needs.order_by("pk").values_list(
        "pk", "company__siret", "company__name", "confirmed_at"
    ):
        assert confirmed is not None  # by the filter
        proof = _proof(confirmed, _("Besoin confirmé"), f"B-{key}")
        yield Line(siret[:9], siret[:9], name, proofs=[proof])


# --- The centre’s activity ---


def _attendance(span: Span) -> Iterator[Line]:
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
            [_proof(row["session__starts_at"], _("Pointage à l’entrée"), row["session__slug"])],
        )  # fmt: skip


def _trainees(span: Span) -> Iterator[Line]:
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
        proof = _proof(day, _("Émargement d’une demi-journée"), f"DJ-{half_day}")
        yield Line(f"stagiaire-{trainee}", siren, proofs=[proof])


def _completed(span: Span) -> Iterator[Line]:
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
        proof = _proof(day, _("Émargement, de la première à la dernière demi-journée"), slug)
        yield Line(f"stagiaire-{key}", siren, "", Decimal(int(present == halves)), [proof])


def _response_rates(span: Span) -> Iterator[Line]:
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
        proof = _proof(closed, _("Clôture de l’enquête"), code)
        yield Line(f"enquete-{key}", "", title, rate, [proof])


def _satisfaction(span: Span) -> Iterator[Line]:
    rows = Satisfaction.objects.filter(span.holds("answered_at"), moment=SatisfactionMoment.HOT)
    for key, score, day, siren in rows.order_by("pk").values_list(
        "pk", "score", "answered_at", "trainee__enrolment__order__buyer_siren"
    ):
        proof = _proof(day, _("Réponse de satisfaction"), f"S-{key}")
        yield Line(f"reponse-{key}", siren, "", Decimal(score), [proof])


# --- Needs and providers ---


def _contacts(span: Span) -> Iterator[Line]:
    """Give the needs that met a provider."""
    return _needs(span, "contact_at", _("Mise en relation acceptée"))


def _contracts(span: Span) -> Iterator[Line]:
    """Give the needs whose company says that it chose a provider."""
    return _needs(span, "chosen_at", _("Choix déclaré par l’entreprise"))


def _needs(span: Span, instant: str, kind: str | Promise) -> Iterator[Line]:
    rows = Need.objects.filter(span.holds(instant))
    if instant == "chosen_at":
        rows = rows.filter(outcome__in=["", NeedOutcome.CHOSEN])
    rows = rows.order_by("pk").select_related("company")
    for row in rows:
        company = row.company
        yield Line(
            f"besoin-{row.pk}",
            company.siren if company else "",
            company.name if company else "",
            Decimal(1),
            [_proof(getattr(row, instant), kind, f"B-{row.pk}")],
        )


def _quick_replies(span: Span) -> Iterator[Line]:
    """Give the proposals that wait no more, 1 when answered within two working days."""
    local = settings.DEPARTEMENT in LOCAL_LAW
    rows = Proposal.objects.filter(span.holds("sent_at")).order_by("pk")
    waiting = Q(answered_at=None, status=ProposalStatus.SENT)
    for key, need, sent, answered in rows.exclude(waiting).values_list(
        "pk", "need_id", "sent_at", "answered_at"
    ):
        quick = (
            answered is not None
            and working_days_between(
                timezone.localdate(sent), timezone.localdate(answered), local_law=local
            )
            <= QUICK_REPLY_DAYS
        )
        proof = _proof(answered or sent, _("Réponse d’un prestataire"), f"B-{need}/{key}")
        yield Line(f"proposition-{key}", "", "", Decimal(int(quick)), [proof])


# --- What changed ---


def _gains(span: Span) -> Iterator[Line]:
    """Give, for each company measured again, the points that it won since its start (on 100).

    As its diagnostic compared them: the questions answered both times, of one version (R6.22).
    """
    for start, last in _measured_twice(span):
        points = ((last.progress or {}).get("whole") or {}).get("points")
        if points is not None:
            yield _compared(start, last, Decimal(str(round(float(Fraction(points)), 2))))


def _high_intensity(span: Span) -> Iterator[Line]:
    """Give the companies whose DII is high at the last measure, and was not at its start."""
    for start, last in _measured_twice(span):
        before, after = start.result["dii"], last.result["dii"]
        if before["version"] != after["version"] or None in (before["points"], after["points"]):
            continue
        if before["points"] < DII_HIGH <= after["points"]:
            yield _compared(start, last, Decimal(after["points"]))


def _measured_twice(span: Span) -> Iterator[tuple[Diagnostic, Diagnostic]]:
    """Give the last measure of each company that was measured again, after the one it follows.

    That one is of the same depth: six minutes and an interview on site do not measure alike.
    """
    again = Diagnostic.objects.filter(
        span.holds("run__finished_at"),
        stage__in=[Stage.T1, Stage.T2],
        result__isnull=False,
        company__isnull=False,
    ).select_related("company", "run", "follows__run")
    last = {_siren(row): row for row in again.order_by("run__finished_at", "pk")}
    for row in last.values():
        if row.follows is not None:
            yield row.follows, row


def _compared(start: Diagnostic, last: Diagnostic, quantity: Decimal) -> Line:
    assert last.company is not None  # of all that are measured twice
    proofs = [
        _proof(found.run.finished_at, _("Diagnostic"), found.run_id.hex[:8].upper())
        for found in (start, last)
        if found.run.finished_at
    ]
    return Line(_siren(last), _siren(last), last.company.name, quantity, proofs)


def _siren(row: Diagnostic) -> str:
    assert row.company is not None  # by the filter
    return row.company.siren


def _proof(at: datetime, kind: str | Promise, reference: str) -> Proof:
    return Proof(timezone.localdate(at).isoformat(), str(kind), reference)


HOURS = "h"
_ALL = (
    Indicator("reached", 1, _("Entreprises touchées"), "", How.COUNT, _reached, "R7.07"),
    Indicator(
        "rco01", 1, _("Entreprises soutenues (RCO01)"), "", How.COUNT, _supported,
        "(UE) 2021/1058, annexe I",
    ),
    Indicator(
        "rco04", 1, _("Entreprises bénéficiant d’un soutien non financier (RCO04)"), "",
        How.COUNT, _supported, "(UE) 2021/1058, annexe I",
    ),
    Indicator(
        "newly_supported", 1, _("Entreprises soutenues pour la première fois"), "",
        How.COUNT, _newly_supported, "R7.07",
    ),
    Indicator(
        "visited", 1, _("Entreprises avec un pré-diagnostic signé"), "", How.COUNT, _visits
    ),
    Indicator("advice_hours", 1, _("Heures de conseil sur place"), HOURS, How.SUM, _visits),
    Indicator("sessions", 1, _("Rencontres tenues"), "", How.COUNT, _attendance),
    Indicator("attendance", 1, _("Présences aux rencontres"), "", How.SUM, _attendance),
    Indicator("trainees", 1, _("Stagiaires formés"), "", How.COUNT, _trainees),
    Indicator(
        "training_hours", 1, _("Heures-stagiaires émargées"), HOURS, How.SUM, _half_days
    ),
    Indicator(
        "completed", 2, _("Stagiaires présents jusqu’au bout"), "%", How.SHARE, _completed, "R7.07"
    ),
    Indicator(
        "satisfaction", 1, _("Satisfaction des stagiaires, à chaud"), _("sur 5"), How.MEAN,
        _satisfaction,
    ),
    Indicator("contacts", 1, _("Mises en relation"), "", How.COUNT, _contacts),
    Indicator(
        "quick_replies", 1, _("Réponses de prestataires en deux jours ouvrés"), "%", How.SHARE,
        _quick_replies,
    ),
    Indicator("contracts", 1, _("Contrats déclarés"), "", How.COUNT, _contracts),
    Indicator(
        "maturity_gain", 2, _("Gain de maturité, de la première à la dernière mesure"),
        _("points sur 100"), How.MEAN, _gains, "R7.06",
    ),
    Indicator(
        "rcr13", 2, _("Entreprises parvenues à une intensité numérique élevée (RCR13)"), "",
        How.COUNT, _high_intensity, "(UE) 2021/1058, annexe I",
    ),
    Indicator(
        "response_rate", 1, _("Réponse aux enquêtes, en moyenne"), "%", How.MEAN,
        _response_rates, "R7.07",
    ),
)  # fmt: skip
INDICATORS = {entry.key: entry for entry in _ALL}
PAIRED = {"maturity_gain"}  # each company is measured twice, and is its own control


def with_facts(lines: list[Line], *, on: date) -> list[Line]:
    """Write on each line of a company its name, declared size, activity and grouping."""
    sirens = {line.siren for line in lines if line.siren}
    units = LegalUnit.objects.in_bulk(sirens)
    rows = Company.objects.annotate(unit_siren=Left("siret", 9)).filter(unit_siren__in=sirens)
    companies = {row.siren: row for row in rows.select_related("commune__epci").order_by("-pk")}
    seats = [unit.siren + unit.head_office_nic for unit in units.values() if unit.head_office_nic]
    offices = Establishment.objects.select_related("commune__epci").in_bulk(seats)
    sizes = dict(
        SizeDeclaration.objects.filter(siren__in=sirens, declared_on__lte=on)
        .order_by("declared_on", "pk")
        .values_list("siren", "size")
    )
    for line in lines:
        if not line.siren:
            continue
        company, unit = companies.get(line.siren), units.get(line.siren)
        place = company or (unit and offices.get(unit.siren + unit.head_office_nic))
        epci = place.commune.epci if place and place.commune else None
        line.name = line.name or (company.name if company else "") or (unit.name if unit else "")
        line.facts = {
            "size": sizes.get(line.siren, ""),
            "naf": (company and company.naf_code) or (unit.naf_code if unit else ""),
            "epci": str(epci) if epci else "",
        }
    return lines
