"""How each promise of the centre is measured: over twelve months, from the rows themselves."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from statistics import median

from django.conf import settings
from django.db.models import Max, Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from diagnostics.enums import Depth, DocumentKind
from diagnostics.models import Diagnostic
from directory.models import Complaint, Need, Provider
from emn.lib.calendar import LOCAL_LAW, add_months, working_days_between
from observatory.funder_enums import PromiseKey
from observatory.models import ServiceLevel

FIRST_CALL_DAYS = 5  # working days, at most
DIAGNOSTIC_DAYS = 10  # days, fewer than
FRESH_DAYS = 365
FEWEST_CASES = 5  # below, a figure says more of one file than of the centre
MONTHS = 12
_TENTH = Decimal("0.1")


@dataclass(frozen=True, slots=True)
class Measure:
    """What was found: cases, the value (days or %), and the share of cases kept, in %."""

    cases: int
    value: Decimal | None
    kept: Decimal | None

    @classmethod
    def of(cls, lengths: list[int], kept: int, cases: int) -> "Measure":
        """Sum up: median length, share kept; nothing of fewer than five cases."""
        if cases < FEWEST_CASES:
            return cls(cases, None, None)
        middle = Decimal(str(median(lengths))).quantize(_TENTH) if lengths else None
        return cls(cases, middle, _percent(kept, cases))


@dataclass(frozen=True, slots=True)
class PromiseRule:
    """A promise: its words, its target in words, how it is counted, how it is measured."""

    key: PromiseKey
    words: str | Promise
    target: str | Promise
    method: str | Promise
    unit: str | Promise
    measure: Callable[[datetime], Measure]


def latest() -> dict[str, ServiceLevel]:
    """Return promise → its last reading, in one query."""
    newest = ServiceLevel.objects.aggregate(last=Max("measured_on"))["last"]
    rows = ServiceLevel.objects.filter(measured_on=newest)
    return {row.promise: row for row in rows.order_by("pk")}


def _percent(part: int, whole: int) -> Decimal:
    return (Decimal(100 * part) / whole).quantize(_TENTH, ROUND_HALF_UP)


def _year_before(now: datetime) -> Q:
    start = add_months(timezone.localdate(now), -MONTHS)
    return Q(confirmed_at__date__gte=start, confirmed_at__lt=now)


def _first_call(now: datetime) -> Measure:
    """Count the needs confirmed; one not called yet is broken once its time is over."""
    local, lengths, kept, cases = settings.DEPARTEMENT in LOCAL_LAW, [], 0, 0
    rows = Need.objects.filter(_year_before(now)).order_by("pk")
    for confirmed, called in rows.values_list("confirmed_at", "qualified_at"):
        days = working_days_between(
            timezone.localdate(confirmed), timezone.localdate(called or now), local_law=local
        )
        if called is None and days <= FIRST_CALL_DAYS:
            continue
        cases += 1
        kept += called is not None and days <= FIRST_CALL_DAYS
        if called is not None:
            lengths.append(days)
    return Measure.of(lengths, kept, cases)


def _complaints(now: datetime) -> Measure:
    """Count the complaints admitted and ended; kept when ended by the day they were due."""
    start = add_months(timezone.localdate(now), -MONTHS)
    rows = Complaint.objects.filter(
        admitted_at__isnull=False, ended_at__date__gte=start, ended_at__lt=now
    ).order_by("pk")
    lengths, kept = [], 0
    for admitted, ended, due in rows.values_list("admitted_at", "ended_at", "due_on"):
        last = timezone.localdate(ended)
        lengths.append((last - timezone.localdate(admitted)).days)
        kept += due is None or last <= due
    return Measure.of(lengths, kept, len(lengths))


def _diagnostics(now: datetime) -> Measure:
    """Count the visits concluded; one without its report is broken once its time is over."""
    start = add_months(timezone.localdate(now), -MONTHS)
    rows = (
        Diagnostic.objects.filter(
            depth=Depth.ON_SITE, run__finished_at__date__gte=start, run__finished_at__lt=now
        )
        .annotate(
            issued_at=Max("documents__issued_at", filter=Q(documents__kind=DocumentKind.REPORT))
        )
        .order_by("pk")
    )
    lengths, kept, cases = [], 0, 0
    for visited, issued in rows.values_list("run__finished_at", "issued_at"):
        days = (timezone.localdate(issued or now) - timezone.localdate(visited)).days
        if issued is None and days < DIAGNOSTIC_DAYS:
            continue
        cases += 1
        kept += issued is not None and days < DIAGNOSTIC_DAYS
        if issued is not None:
            lengths.append(days)
    return Measure.of(lengths, kept, cases)


def _freshness(now: datetime) -> Measure:
    """Count the published cards; the value is the share confirmed within a year."""
    cards = Provider.objects.published()
    cases = cards.count()
    fresh = cards.filter(confirmed_at__gte=now - timedelta(days=FRESH_DAYS)).count()
    if cases < FEWEST_CASES:
        return Measure(cases, None, None)
    share = _percent(fresh, cases)
    return Measure(cases, share, share)


_RULES = (
    PromiseRule(
        PromiseKey.FIRST_CALL, _("Nous vous appelons vite"),
        _("cinq jours ouvrés au plus après votre besoin confirmé"),
        _(
            "Médiane des jours ouvrés entre le besoin confirmé et sa qualification par le centre. "
            "Un besoin que personne n’a appelé à temps compte comme une promesse manquée."
        ),
        _("jours ouvrés"), _first_call,
    ),
    PromiseRule(
        PromiseKey.COMPLAINT, _("Une plainte a une fin"),
        _("avant l’échéance annoncée aux deux parties"),
        _("Médiane des jours entre la recevabilité et la fin, accord ou décision."),
        _("jours"), _complaints,
    ),
    PromiseRule(
        PromiseKey.DIAGNOSTIC, _("Votre pré-diagnostic arrive"),
        _("moins de dix jours après la visite"),
        _(
            "Médiane des jours entre la visite et le rapport remis. Une visite sans rapport après "
            "dix jours compte comme une promesse manquée."
        ),
        _("jours"), _diagnostics,
    ),
    PromiseRule(
        PromiseKey.FRESHNESS, _("L’annuaire est à jour"),
        _("chaque fiche confirmée dans l’année"),
        _("Part des fiches publiées que le prestataire a confirmées depuis moins d’un an."),
        "%", _freshness,
    ),
)  # fmt: skip
PROMISES = {rule.key.value: rule for rule in _RULES}


def since(day: date) -> date:
    """Return the first day of the twelve months that end on `day`."""
    return add_months(day, -MONTHS)
