"""Finding a company: in the register first, then at the API Recherche d'entreprises when it is set.

What the register may not show (R6.10) is None here, whatever the source.
"""

from dataclasses import dataclass
from datetime import date

from django.conf import settings
from stdnum.fr import siret as siret_number

from emn.territory.models import Establishment, NafCode

REGISTER_SOURCE = "SIRENE"
LONGEST_NAME = 120


@dataclass(frozen=True, kw_only=True)
class CompanyFacts:
    """What the register says of one establishment; `name` and `street` are None when masked.

    `state`: A open, F closed. `source`: where the facts come from, in words to be shown.
    """

    siret: str
    siren: str
    name: str | None
    street: str | None
    postcode: str
    commune_code: str
    commune_name: str
    naf_code: str
    naf_nomenclature: str
    naf_label: str
    headcount_band: str
    state: str
    created_on: date | None
    source: str


def lookup(siret: str) -> CompanyFacts | None:
    """Return the facts of one establishment, None when nobody knows it.

    Raises RegisterUnavailable when the register does not know it and the API does not answer.
    """
    if not siret_number.is_valid(siret):
        return None
    found = Establishment.objects.select_related("commune").filter(pk=siret).first()
    if found is not None:
        return facts_of([found])[0]
    if not settings.RECHERCHE_ENTREPRISES_URL:
        return None
    from emn.territory import recherche_entreprises as api  # noqa: PLC0415 -- only when it is set

    return next((facts for facts in api.search(siret) if facts.siret == siret), None)


def search_by_name(text: str, *, limit: int = 10) -> list[CompanyFacts]:
    """Return open establishments whose name holds words that begin as those of `text`.

    Raises RegisterUnavailable when the register has none and the API does not answer.
    """
    asked = text.replace("\x00", "")[:LONGEST_NAME]
    rows = Establishment.objects.select_related("commune").open().named_like(asked)
    found = list(rows.order_by("pk")[:limit])
    if found or not settings.RECHERCHE_ENTREPRISES_URL:
        return facts_of(found)
    from emn.territory import recherche_entreprises as api  # noqa: PLC0415 -- only when it is set

    return api.search(asked, departement=settings.DEPARTEMENT)[:limit]


def search_by_siren(siren: str, *, limit: int = 10) -> list[CompanyFacts]:
    """Return the open establishments of a legal unit, its seat first.

    Raises RegisterUnavailable when the register has none and the API does not answer.
    """
    rows = Establishment.objects.select_related("commune").open().filter(siret__startswith=siren)
    found = list(rows.order_by("-is_head_office", "pk")[:limit])
    if found or not settings.RECHERCHE_ENTREPRISES_URL:
        return facts_of(found)
    from emn.territory import recherche_entreprises as api  # noqa: PLC0415 -- only when it is set

    found_there = api.search(siren, departement=settings.DEPARTEMENT)
    return [facts for facts in found_there if facts.siren == siren][:limit]


def facts_of(rows: list[Establishment]) -> list[CompanyFacts]:
    """Return what may be shown of establishments loaded with their commune (R6.10)."""
    labels = _labels(rows)
    return [_facts(row, labels) for row in rows]


def _labels(rows: list[Establishment]) -> dict[tuple[str, str], str]:
    """Return the words of the rows' activities: (nomenclature, code) → label."""
    codes = NafCode.objects.filter(code__in={row.naf_code for row in rows})
    return {
        (nomenclature, code): label
        for nomenclature, code, label in codes.values_list("nomenclature", "code", "label")
    }


def _facts(row: Establishment, labels: dict[tuple[str, str], str]) -> CompanyFacts:
    name = row.usual_name or row.sign_name or row.legal_name
    return CompanyFacts(
        siret=row.siret,
        siren=row.siren,
        name=None if row.is_masked else name or None,
        street=None if row.is_masked else row.street or None,
        postcode=row.postcode,
        commune_code=row.commune_code,
        commune_name=row.commune.name if row.commune else row.town,
        naf_code=row.naf_code,
        naf_nomenclature=row.naf_nomenclature,
        naf_label=labels.get((row.naf_nomenclature, row.naf_code), ""),
        headcount_band=row.headcount_band,
        state=row.state,
        created_on=row.created_on,
        source=REGISTER_SOURCE,
    )
