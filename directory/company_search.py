"""Finding a company by its SIRET, its SIREN or its name, for whoever says that it is theirs."""

from django.conf import settings

from directory.models import Company
from directory.models.charter import SIREN_DIGITS
from directory.services.companies import DEMO_SOURCE
from emn.lib.text import digits
from emn.territory.lookup import CompanyFacts, lookup, search_by_name, search_by_siren

SIRET_DIGITS = 14
MOST = 10


def companies_of(typed: str) -> list[CompanyFacts]:
    """Return the company of that SIRET, or those of that SIREN or name.

    Raises DomainError (the register does not answer).
    """
    number = digits(typed)
    if len(number) == SIRET_DIGITS:
        facts = facts_of(number)
        return [facts] if facts else []
    return named(typed)


def named(typed: str) -> list[CompanyFacts]:
    """Return those of that SIREN or name. Raises DomainError (the register does not answer)."""
    number = digits(typed)
    if len(number) == SIREN_DIGITS:
        return search_by_siren(number)
    return search_by_name(typed, limit=MOST) or _invented(typed)


def facts_of(siret: str) -> CompanyFacts | None:
    """Return what the register says of a SIRET; a company of the directory is known without it."""
    if facts := lookup(siret):
        return facts
    known = Company.objects.select_related("commune").filter(siret=siret).first()
    if known is None:
        return None
    return CompanyFacts(
        siret=known.siret,
        siren=known.siren,
        name=known.name,
        street=known.street,
        postcode=known.postcode,
        commune_code=known.commune_id,
        commune_name=known.commune.name,
        naf_code=known.naf_code,
        naf_nomenclature=known.naf_nomenclature,
        naf_label="",
        headcount_band=known.headcount_band,
        state="F" if known.closed_on else "A",
        created_on=known.founded_on,
        source=DEMO_SOURCE if known.is_demo else "SIRENE",
    )


def _invented(typed: str) -> list[CompanyFacts]:
    """Return the companies of the demonstration, whose register is empty."""
    if not settings.DEMO:
        return []
    found = Company.objects.filter(is_demo=True, name__icontains=typed)
    sirets = found.order_by("pk").values_list("siret", flat=True)[:MOST]
    return [facts for siret in sirets if (facts := facts_of(siret))]
