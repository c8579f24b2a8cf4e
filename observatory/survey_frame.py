"""The register as the frame of surveys: its units, in domains; and the words of each domain."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from emn.territory.enums import HeadcountBand, Nomenclature
from emn.territory.models import Establishment, LegalUnit, NafCode
from emn.territory.queries import own_epcis
from observatory.models import Survey
from observatory.survey_enums import Axis

ALL, OTHER = "*", "autre"  # a survey without strata; what the register does not say
_ALONE = {HeadcountBand.UNKNOWN, HeadcountBand.NONE, ""}  # not known to employ, never «zero»: R6.12
_FROM_1 = {HeadcountBand.FROM_1, HeadcountBand.FROM_3, HeadcountBand.FROM_6}
_FROM_10 = {HeadcountBand.FROM_10, HeadcountBand.FROM_20}
_DIVISION = 2  # signs of a NAF code
_NATURAL_PERSON = "1"  # first sign of INSEE's legal categories


@dataclass(frozen=True, slots=True)
class Unit:
    """An establishment of the population.

    `is_reachable`: it may be written to (R6.10); `is_one_person`: a natural person's, or not known
    to employ anybody, hence the stricter threshold (R6.02).
    """

    siret: str
    domains: Mapping[str, str]
    is_reachable: bool
    is_one_person: bool

    @property
    def stratum(self) -> str:
        """The code of its stratum."""
        return stratum_code(self.domains)


def stratum_code(domains: Mapping[str, str]) -> str:
    """Return the code that joins the domains, in the order of the axes."""
    return "|".join(domains[axis] for axis in Axis.values if axis in domains) or ALL


def units(survey: Survey) -> Iterator[Unit]:
    """Yield the population of a survey as the register has it today (one query, streamed)."""
    rows = Establishment.objects.open()
    if survey.sector is not None:
        rows = rows.in_sector(survey.sector)
    sections = _sections()
    person = LegalUnit.objects.filter(
        siren=OuterRef("siren"), legal_category__startswith=_NATURAL_PERSON
    )
    fields = (
        rows.annotate(is_person=Exists(person))
        .order_by("pk")
        .values_list(
            "siret", "naf_nomenclature", "naf_code", "headcount_band", "commune__epci_id",
            "is_masked", "is_person",
        )
    )  # fmt: skip
    for siret, nomenclature, naf, band, epci, is_masked, is_person in fields.iterator(
        chunk_size=5_000
    ):
        known = naf[:_DIVISION] if nomenclature == Nomenclature.NAF_REV_2 else ""
        whole = {
            Axis.ACTIVITY: known if survey.sector_id else sections.get(known, ""),
            Axis.SIZE: size_of(band),
            Axis.TERRITORY: epci,
        }
        domains = {str(axis): whole[Axis(axis)] or OTHER for axis in survey.axes}
        yield Unit(siret, domains, not is_masked, is_person or band in _ALONE)


def size_of(band: str) -> str:
    """Return the size group of a headcount band."""
    if band in _ALONE:
        return "0"
    if band in _FROM_1:
        return "1-9"
    return "10-49" if band in _FROM_10 else "50+"


def _sections() -> dict[str, str]:
    rows = NafCode.objects.filter(nomenclature=Nomenclature.NAF_REV_2).exclude(section="")
    return dict(rows.order_by("pk").values_list("division", "section"))


def domain_words(values: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Return the words of each (axis, value), in the current language where there are some."""
    sizes = {
        "0": _("sans salarié, ou effectif inconnu"),
        "1-9": _("de 1 à 9 salariés"),
        "10-49": _("de 10 à 49 salariés"),
        "50+": _("50 salariés et plus"),
    }
    codes = {value for axis, value in values if axis == Axis.ACTIVITY}
    rows = NafCode.objects.filter(nomenclature=Nomenclature.NAF_REV_2, code__in=codes)
    activities = dict(rows.order_by("pk").values_list("code", "label"))
    by_axis = {Axis.SIZE: sizes, Axis.ACTIVITY: activities, Axis.TERRITORY: own_epcis()}
    other = {OTHER: _("autre, ou inconnu")}
    return {(a, v): (other | by_axis[Axis(a)]).get(v, v) for a, v in values if a}
