"""Client of the State's API Recherche d'entreprises (`GET /search`).

Source: its OpenAPI contract of July 2026. Facts met there: no result is a 200 with an empty list;
429 may come as HTML, without Retry-After; a masked person comes as « [NON-DIFFUSIBLE] »; a `null`
stands for what is unknown.
"""

import logging
from datetime import date
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from emn.lib.errors import DomainError
from emn.lib.open_api import NoAnswer, get_json
from emn.territory.lookup import CompanyFacts

logger = logging.getLogger(__name__)

SOURCE = "Recherche d’entreprises"
TIMEOUT_S = 3.0
TRIES = 2
OPEN = "O"
_MASKED = "[NON-DIFFUSIBLE]"


class RegisterUnavailable(DomainError):
    """The national register does not answer; asking again later may help."""


def search(text: str, *, departement: str = "") -> list[CompanyFacts]:
    """Return the establishments that the API matches with a name, a SIREN or a SIRET.

    Raises RegisterUnavailable on a time-out, a refusal or an answer that cannot be read.
    """
    parameters = {"q": text, "page": "1", "per_page": "10", "minimal": "false"}
    if departement:
        parameters["departement"] = departement
    answer = _get(parameters)
    try:
        return [
            facts
            for company in answer["results"]
            for facts in _establishments(company)
            if not departement or facts.commune_code.startswith(departement)
        ]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        logger.exception("the company search answered in an unknown shape")
        raise _unavailable() from error


def _get(parameters: dict[str, str]) -> Any:
    url = f"{settings.RECHERCHE_ENTREPRISES_URL.rstrip('/')}/search"
    try:
        return get_json(
            url, parameters, name="the company search", timeout_s=TIMEOUT_S, tries=TRIES
        )
    except NoAnswer as error:
        raise _unavailable() from error


def _unavailable() -> RegisterUnavailable:
    return RegisterUnavailable(
        _("Le registre national ne répond pas pour l’instant. Réessayez dans quelques minutes.")
    )


def _establishments(company: dict[str, Any]) -> list[CompanyFacts]:
    """Return the establishments that matched, or the head office when none is named."""
    rows = company.get("matching_etablissements") or [company["siege"]]
    return [_facts(company, row) for row in rows]


def _facts(company: dict[str, Any], row: dict[str, Any]) -> CompanyFacts:
    statuses = {company.get("statut_diffusion"), row.get("statut_diffusion_etablissement")}
    masked = bool(statuses - {OPEN, None})
    signs = row.get("liste_enseignes") or []
    name = row.get("nom_commercial") or (signs[0] if signs else "") or company["nom_complet"]
    postcode = _shown(row.get("code_postal"))
    created = row.get("date_creation")
    return CompanyFacts(
        siret=row["siret"],
        siren=company["siren"],
        name=None if masked or _MASKED in name else name,
        street=None if masked else _street(row.get("adresse") or "", postcode),
        postcode=postcode,
        commune_code=_shown(row.get("commune")),
        commune_name=_shown(row.get("libelle_commune")).title(),
        naf_code=row.get("activite_principale") or company.get("activite_principale") or "",
        naf_nomenclature="NAFRev2",
        naf_label="",
        headcount_band=row.get("tranche_effectif_salarie") or "",
        state=row["etat_administratif"],
        created_on=date.fromisoformat(created) if created else None,
        source=SOURCE,
    )


def _street(address: str, postcode: str) -> str | None:
    """Return what stands before the postcode, None when nothing may be shown."""
    street = address.split(f" {postcode} ", maxsplit=1)[0] if postcode else address
    return None if not street or _MASKED in street else street


def _shown(value: str | None) -> str:
    return "" if value is None or _MASKED in value else value
