"""The places of the ecosystem as a resource of the API, under the names of the national standard.

The mailboxes are left out, as those of the providers are: each is read on the page of the place.
"""

from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from directory.api.serializers import ROW_KEY
from directory.enums import PlaceKind
from directory.models import Place
from emn.lib.api.reading import Asked, CodeField, ListQuestion, cursor_field, listing, page, reads
from emn.territory.api.serializers import EPCI_HELP, INSEE_CODE, INSEE_HELP, SIREN

EXAMPLE = {
    "id": "lieu-1",
    "url": "https://emn.example/lieux/espace-numerique-metz/",
    "kind": "mediation",
    "name": "Espace numérique",
    "address": "4 rue de l’Exemple",
    "postcode": "57000",
    "commune_code": "57463",
    "commune_name": "Metz",
    "latitude": 49.1193,
    "longitude": 6.1757,
    "opening_hours": "Mo-Fr 09:00-12:00",
    "services": ["Aide aux démarches administratives"],
    "publics": [],
    "fees": ["Gratuit"],
    "updated_on": "2026-11-02",
}


class EcosystemPlaceSerializer(serializers.Serializer[Any]):
    """A public place."""

    id = serializers.CharField(source="reference", help_text=_("Identifiant du standard."))
    url = serializers.SerializerMethodField(help_text=_("La page du lieu, pour les personnes."))
    kind = serializers.ChoiceField(PlaceKind.choices, help_text=_("Genre de lieu."))
    name = serializers.CharField(help_text=_("Nom."))
    address = serializers.CharField(help_text=_("Numéro et voie."))
    postcode = serializers.CharField(help_text=_("Code postal."))
    commune_code = serializers.CharField(source="commune_id", help_text=INSEE_HELP)
    commune_name = serializers.CharField(source="commune.name", help_text=_("Nom de la commune."))
    latitude = serializers.FloatField(allow_null=True, help_text=_("Latitude, en degrés (WGS 84)."))
    longitude = serializers.FloatField(
        allow_null=True, help_text=_("Longitude, en degrés (WGS 84).")
    )
    opening_hours = serializers.CharField(
        source="hours", help_text=_("Horaires, comme OpenStreetMap les écrit.")
    )
    services = serializers.ListField(
        child=serializers.CharField(), help_text=_("Services, en mots du standard.")
    )
    publics = serializers.ListField(
        child=serializers.CharField(), help_text=_("Publics ; vide : tous.")
    )
    fees = serializers.ListField(child=serializers.CharField(), help_text=_("Frais."))
    updated_on = serializers.DateField(help_text=_("Date de mise à jour."))

    def get_url(self, row: Place) -> str:
        """The page."""
        return settings.PUBLIC_URL + row.get_absolute_url()


class PlacesQuestion(ListQuestion):
    """Filters of the places."""

    genre = serializers.ChoiceField(
        PlaceKind.choices, required=False, help_text=_("Genre de lieu.")
    )
    commune = CodeField(INSEE_CODE, help_text=INSEE_HELP)
    territoire = CodeField(SIREN, help_text=EPCI_HELP)
    cursor = cursor_field(ROW_KEY)


@reads(
    answer=listing(EcosystemPlaceSerializer),
    question=PlacesQuestion,
    tag=_("Annuaire"),
    summary=_("Les lieux du numérique"),
    description=_(
        "Les lieux publics, en mots du standard national de la médiation numérique. Le fichier "
        "entier, dans toutes ses colonnes, se télécharge depuis la page des lieux."
    ),
    example=EXAMPLE,
)
def places(asked: Asked) -> Asked:
    """List the public places, by their key."""
    rows = Place.objects.listed().select_related("commune__epci")
    for name, lookup in (
        ("genre", "kind"),
        ("commune", "commune"),
        ("territoire", "commune__epci"),
    ):
        if value := asked.get(name):
            rows = rows.filter(**{lookup: value})
    return page(rows, asked=asked, address=reverse("api:places"), source=settings.CENTRE_NAME)
