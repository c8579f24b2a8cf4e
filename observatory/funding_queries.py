"""The indicators of the funders, each a named query with a version (R7.01 to R7.08).

A query gives lines: what is counted once, with its proofs. None names a person. Change what a
query counts, and raise its version: a report says which one it was made with.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models.functions import Left
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from directory.models import Company
from emn.territory.models import Establishment, LegalUnit
from observatory import funding_activity as activity
from observatory import funding_outcomes as outcomes
from observatory.funding.figures import How, Line, merged
from observatory.funding_span import Span
from observatory.models import SizeDeclaration

FACTS = ("size", "naf", "epci")
Read = Callable[[Span], Iterable[Line]]


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

    @property
    def is_estimate(self) -> bool:
        """Whether how sure it is may be asked: of a mean, of a share."""
        return self.how in {How.MEAN, How.SHARE}

    def lines(self, span: Span) -> list[Line]:
        """Return what is counted over the days, one line a key."""
        return merged(self.read(span))


HOURS = "h"
_ALL = (
    Indicator("reached", 1, _("Entreprises touchées"), "", How.COUNT, activity.reached, "R7.07"),
    Indicator(
        "rco01", 1, _("Entreprises soutenues (RCO01)"), "", How.COUNT, activity.supported,
        "(UE) 2021/1058, annexe I",
    ),
    Indicator(
        "rco04", 1, _("Entreprises bénéficiant d’un soutien non financier (RCO04)"), "",
        How.COUNT, activity.supported, "(UE) 2021/1058, annexe I",
    ),
    Indicator(
        "newly_supported", 1, _("Entreprises soutenues pour la première fois"), "",
        How.COUNT, activity.newly_supported, "R7.07",
    ),
    Indicator(
        "visited", 1, _("Entreprises avec un pré-diagnostic signé"), "", How.COUNT, activity.visits
    ),
    Indicator("advice_hours", 1, _("Heures de conseil sur place"), HOURS, How.SUM, activity.visits),
    Indicator("sessions", 1, _("Rencontres tenues"), "", How.COUNT, activity.attendance),
    Indicator("attendance", 1, _("Présences aux rencontres"), "", How.SUM, activity.attendance),
    Indicator("trainees", 1, _("Stagiaires formés"), "", How.COUNT, activity.trainees),
    Indicator(
        "training_hours", 1, _("Heures-stagiaires émargées"), HOURS, How.SUM, activity.half_days
    ),
    Indicator(
        "completed", 2, _("Stagiaires présents jusqu’au bout"), "%", How.SHARE,
        activity.completed, "R7.07",
    ),
    Indicator(
        "satisfaction", 1, _("Satisfaction des stagiaires, à chaud"), _("sur 5"), How.MEAN,
        activity.satisfaction,
    ),
    Indicator("contacts", 1, _("Mises en relation"), "", How.COUNT, outcomes.contacts),
    Indicator(
        "quick_replies", 1, _("Réponses de prestataires en deux jours ouvrés"), "%", How.SHARE,
        outcomes.quick_replies,
    ),
    Indicator("contracts", 1, _("Contrats déclarés"), "", How.COUNT, outcomes.contracts),
    Indicator(
        "maturity_gain", 2, _("Gain de maturité, de la première à la dernière mesure"),
        _("points sur 100"), How.MEAN, outcomes.gains, "R7.06",
    ),
    Indicator(
        "rcr13", 2, _("Entreprises parvenues à une intensité numérique élevée (RCR13)"), "",
        How.COUNT, outcomes.high_intensity, "(UE) 2021/1058, annexe I",
    ),
    Indicator(
        "response_rate", 1, _("Réponse aux enquêtes, en moyenne"), "%", How.MEAN,
        activity.response_rates, "R7.07",
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
