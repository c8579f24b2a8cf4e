"""What trainings add up to: published indicators, answers of a session, the yearly return."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Avg, Count, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from events.enums import EnrolmentEnd, Funding, SatisfactionMoment, SignatureMethod, TraineeKind
from events.models import (
    HalfDay,
    Invoice,
    Satisfaction,
    Signature,
    Trainee,
    Training,
    TrainingSession,
)
from events.services.attendance import minutes_signed

PRESENCE = ~Q(method=SignatureMethod.ABSENT)


@dataclass(frozen=True)
class Mean:
    """A mean with what it is worth: `n` answers of `asked` people (R4.08: never one alone)."""

    value: Decimal
    n: int
    asked: int

    @property
    def rate(self) -> int:
        """How many of a hundred answered."""
        return round(100 * self.n / self.asked) if self.asked else 0


@dataclass(frozen=True, kw_only=True)
class Indicators:
    """What is published of a training: people of its sessions that are over.

    `completed`: those who were at every half-day. A mean is None when nobody answered.
    """

    trainees: int
    completed: int
    hot: Mean | None
    cold: Mean | None

    @property
    def completion(self) -> int:
        """How many of a hundred trainees were at every half-day."""
        return round(100 * self.completed / self.trainees) if self.trainees else 0


def indicators(training: Training, *, now: datetime) -> Indicators:
    """Return what is published of a training; five queries."""
    over = _over(training, now=now)
    seated = over.filter(enrolment__ended_at=None)  # those who are asked what they thought
    counted = with_attendance(over).aggregate(
        trainees=Count("pk"), completed=Count("pk", filter=Q(present=F("halves")))
    )
    return Indicators(
        **counted,
        hot=_mean(seated, SatisfactionMoment.HOT, "hot_asked_at"),
        cold=_mean(seated, SatisfactionMoment.COLD, "cold_asked_at"),
    )


def with_attendance(rows: QuerySet[Trainee]) -> QuerySet[Any]:
    """Keep the trainees who came; `present` half-days of the `halves` that there were."""
    present = Signature.objects.filter(PRESENCE, trainee=OuterRef("pk"))
    halves = HalfDay.objects.filter(training_session=OuterRef("enrolment__training_session"))
    return rows.annotate(
        present=_counted(present, "trainee"), halves=_counted(halves, "training_session")
    ).filter(present__isnull=False)


def _counted(rows: QuerySet[Any], by: str) -> Subquery:
    return Subquery(rows.order_by().values(by).annotate(n=Count("pk")).values("n"))


def _over(training: Training, *, now: datetime) -> QuerySet[Trainee]:
    """Return the trainees of its sessions that are over; who broke the contract is one of them."""
    return Trainee.objects.filter(
        Q(enrolment__ended_at=None) | Q(enrolment__end_reason=EnrolmentEnd.BROKEN),
        enrolment__training_session__training=training,
        enrolment__training_session__session__ends_at__lte=now,
        enrolment__signed_at__isnull=False,
    )


def _mean(rows: QuerySet[Trainee], moment: SatisfactionMoment, asked: str) -> Mean | None:
    wanted = rows.filter(**{f"enrolment__training_session__{asked}__isnull": False})
    said = Satisfaction.objects.filter(trainee__in=wanted, moment=moment)
    found = said.aggregate(value=Avg("score"), n=Count("pk"))
    if not found["n"]:
        return None
    value = Decimal(found["value"]).quantize(Decimal("0.1"))
    return Mean(value=value, n=found["n"], asked=wanted.count())


def answers_of(own: TrainingSession) -> tuple[list[list[str]], list[str]]:
    """Return the figures of a session, a line a moment, and the remarks."""
    seated = Trainee.objects.filter(
        enrolment__training_session=own, enrolment__signed_at__isnull=False,
        enrolment__ended_at=None,
    )  # fmt: skip
    asked, rows = seated.count(), Satisfaction.objects.filter(trainee__in=seated)
    lines = []
    for moment in SatisfactionMoment:
        found = rows.filter(moment=moment).aggregate(
            score=Avg("score"), useful=Avg("useful"), n=Count("pk")
        )
        means = [
            number_format(Decimal(found[name]).quantize(Decimal("0.1"))) if found["n"] else "–"
            for name in ("score", "useful")
        ]
        count = _("%(n)s sur %(asked)s") % {"n": found["n"], "asked": asked}
        lines.append([str(moment.label), *means, count])
    said = rows.exclude(comment="").order_by("pk").values_list("comment", flat=True)
    return lines, list(said)


# --- The yearly return (bilan pédagogique et financier) ---


@dataclass(frozen=True, kw_only=True)
class Attended:
    """What one trainee attended in a year; the line behind every figure. `minutes` signed."""

    trainee: Trainee
    minutes: int

    @property
    def hours(self) -> Decimal:
        """The same in hours."""
        return (Decimal(self.minutes) / 60).quantize(Decimal("0.01"))


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One line of the return: trainees and the hours they attended, all together."""

    part: str
    code: str
    label: str
    trainees: int
    hours: Decimal


@dataclass(frozen=True, kw_only=True)
class Return:
    """The return of a year."""

    year: int
    figures: tuple[Figure, ...]
    attended: tuple[Attended, ...]

    def behind(self, part: str, code: str) -> list[Attended]:
        """Return who is counted in one figure."""
        return [row for row in self.attended if _code(row, part) == code]


PARTS = ("financement", "statut", "formation")


def yearly_return(year: int) -> Return:
    """Return trainee-hours by funder, by kind of trainee and by training, of one year.

    A half-day counts in the year it began, on the centre's clock; an absence counts nothing. What
    was signed counts, however its enrolment ended. Three queries, whatever the trainees.
    """
    zone = ZoneInfo(settings.TIME_ZONE)
    first, last = (
        datetime.combine(date(number, 1, 1), time.min, tzinfo=zone) for number in (year, year + 1)
    )
    signed = Signature.objects.filter(
        PRESENCE, trainee__isnull=False, half_day__starts_at__gte=first,
        half_day__starts_at__lt=last,
    ).select_related("half_day")  # fmt: skip
    by_trainee: dict[int, list[Signature]] = {}
    for row in signed:
        assert row.trainee_id is not None
        by_trainee.setdefault(row.trainee_id, []).append(row)
    trainees = Trainee.objects.filter(pk__in=by_trainee).select_related(
        "registration", "enrolment__order", "enrolment__training_session__training",
        "enrolment__training_session__session",
    )  # fmt: skip
    attended = tuple(
        Attended(trainee=trainee, minutes=minutes_signed(by_trainee[trainee.pk]))
        for trainee in trainees.order_by("registration__full_name", "pk")
    )
    labels = {
        "financement": [(code, str(label)) for code, label in Funding.choices],
        "statut": [(code, str(label)) for code, label in TraineeKind.choices],
        "formation": sorted({(_code(row, "formation"), _title(row)) for row in attended}),
    }
    figures = tuple(
        _figure(part, code, label, [row for row in attended if _code(row, part) == code])
        for part in PARTS
        for code, label in labels[part]
    )
    return Return(year=year, figures=figures, attended=attended)


def _figure(part: str, code: str, label: str, rows: list[Attended]) -> Figure:
    minutes = sum(row.minutes for row in rows)
    hours = (Decimal(minutes) / 60).quantize(Decimal("0.01"))
    return Figure(part=part, code=code, label=label, trainees=len(rows), hours=hours)


def _code(row: Attended, part: str) -> str:
    if part == "financement":
        return row.trainee.enrolment.funding
    if part == "statut":
        return row.trainee.kind
    return row.trainee.enrolment.training_session.training.slug


def _title(row: Attended) -> str:
    return row.trainee.enrolment.training_session.training.title


def return_lines(found: Return) -> Iterable[list[str]]:
    """Yield the return as a table, header first."""
    yield [_("Cadre"), _("Code"), _("Intitulé"), _("Stagiaires"), _("Heures-stagiaires")]
    for row in found.figures:
        yield [row.part, row.code, row.label, str(row.trainees), number_format(row.hours)]


def invoiced_by_funding(year: int) -> list[tuple[str, int, int]]:
    """Return what was invoiced for trainings in a year, less the credit notes, by funder.

    One row per funder: its label, how many enrolments, cents without tax. A dédit is no training.
    """
    rows = (
        Invoice.objects.filter(issued_on__year=year, order__enrolment__isnull=False)
        .values("order__enrolment__funding")
        .annotate(
            dossiers=Count("order", distinct=True),
            billed=Coalesce(Sum("net_cents", filter=Q(kind="invoice")), 0),
            credited=Coalesce(Sum("net_cents", filter=Q(kind="credit")), 0),
        )
    )
    found = {row["order__enrolment__funding"]: row for row in rows}
    return [
        (
            str(label),
            found[code]["dossiers"] if code in found else 0,
            found[code]["billed"] - found[code]["credited"] if code in found else 0,
        )
        for code, label in Funding.choices
    ]
