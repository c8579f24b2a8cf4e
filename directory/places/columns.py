"""The columns of the national standard and the fields of a place, in both directions."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from directory.models import Place
from directory.places.standard import SEPARATOR, split

TEXTS = {
    "id": "reference", "pivot": "pivot", "nom": "name", "code_postal": "postcode",
    "adresse": "address", "complement_adresse": "address_more", "telephone": "telephone",
    "horaires": "hours", "presentation_resume": "summary", "presentation_detail": "description",
    "source": "collected_by", "structure_parente": "parent",
    "autres_formations_labels": "other_labels", "fiche_acces_libre": "accessibility_url",
    "prise_rdv": "booking_url",
}  # fmt: skip
LISTS = {
    "typologie": "typologies", "courriels": "mailboxes", "site_web": "websites",
    "itinerance": "mobility", "services": "services",
    "publics_specifiquement_adresses": "publics", "prise_en_charge_specifique": "special_care",
    "frais_a_charge": "fees", "dispositif_programmes_nationaux": "programmes",
    "formations_labels": "labels", "modalites_acces": "access_modes",
    "modalites_accompagnement": "support_modes",
}  # fmt: skip


def values_of(cells: Mapping[str, str]) -> dict[str, Any]:
    """Return the fields that a line without fault gives; the commune is found apart."""
    return (
        {field: cells.get(column, "") for column, field in TEXTS.items()}
        | {field: split(cells.get(column, "")) for column, field in LISTS.items()}
        | {
            "latitude": _number(cells.get("latitude", "")),
            "longitude": _number(cells.get("longitude", "")),
            "updated_on": date.fromisoformat(cells["date_maj"]),
        }
    )


def cells_of(place: Place) -> dict[str, str]:
    """Return the line of a place, whose commune is loaded."""
    return (
        {column: getattr(place, field) for column, field in TEXTS.items()}
        | {column: SEPARATOR.join(getattr(place, field)) for column, field in LISTS.items()}
        | {
            "commune": place.commune.name,
            "code_insee": place.commune_id,
            "latitude": _text(place.latitude),
            "longitude": _text(place.longitude),
            "date_maj": place.updated_on.isoformat(),
        }
    )


def _number(cell: str) -> float | None:
    return float(cell) if cell else None


def _text(number: float | None) -> str:
    return "" if number is None else f"{number:.7f}".rstrip("0").rstrip(".")
