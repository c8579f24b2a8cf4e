"""What came of it, counted for the funders: providers met, progress measured again (R7.06)."""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from diagnostics.enums import Stage
from diagnostics.models import Diagnostic
from diagnostics.scoring import DII_LEVELS
from directory.enums import NeedOutcome, ProposalStatus
from directory.models import Need, Proposal
from emn.lib.calendar import LOCAL_LAW, working_days_between
from observatory.funding.figures import Line
from observatory.funding_span import Span, proof_of

QUICK_REPLY_DAYS = 2  # working days
DII_HIGH = DII_LEVELS[2]  # points of 12


# --- Needs and providers ---


def contacts(span: Span) -> Iterator[Line]:
    """Give the needs that met a provider."""
    return _needs(span, "contact_at", _("Mise en relation acceptée"))


def contracts(span: Span) -> Iterator[Line]:
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
            [proof_of(getattr(row, instant), kind, f"B-{row.pk}")],
        )


def quick_replies(span: Span) -> Iterator[Line]:
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
        proof = proof_of(answered or sent, _("Réponse d’un prestataire"), f"B-{need}/{key}")
        yield Line(f"proposition-{key}", "", "", Decimal(int(quick)), [proof])


# --- What changed ---


def gains(span: Span) -> Iterator[Line]:
    """Give, for each company measured again, the points that it won since its start (on 100).

    As its diagnostic compared them: the questions answered both times, of one version (R6.22).
    """
    for start, last in _measured_twice(span):
        points = ((last.progress or {}).get("whole") or {}).get("points")
        if points is not None:
            yield _compared(start, last, Decimal(str(round(float(Fraction(points)), 2))))


def high_intensity(span: Span) -> Iterator[Line]:
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
        proof_of(found.run.finished_at, _("Diagnostic"), found.run_id.hex[:8].upper())
        for found in (start, last)
        if found.run.finished_at
    ]
    return Line(_siren(last), _siren(last), last.company.name, quantity, proofs)


def _siren(row: Diagnostic) -> str:
    assert row.company is not None  # by the filter
    return row.company.siren
