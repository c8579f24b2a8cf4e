"""How a place and an establishment are written in the API: public fields only, one by one."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from emn.lib.api.reading import CodeField, ListQuestion, cursor_field
from emn.territory.models import Establishment

INSEE_CODE = r"^[0-9][0-9AB][0-9]{3}$"
SIREN = r"^[0-9]{9}$"
SIRET = r"^[0-9]{14}$"

INSEE_HELP = _("Code INSEE de la commune.")
EPCI_HELP = _("SIREN de l’intercommunalité.")


class EpciNameSerializer(serializers.Serializer[Any]):
    """The grouping of a commune."""

    siren = serializers.CharField(help_text=EPCI_HELP)
    name = serializers.CharField(source="__str__", help_text=_("Nom d’usage."))


class EpciSerializer(serializers.Serializer[Any]):
    """An intercommunalité."""

    siren = serializers.CharField(help_text=EPCI_HELP)
    name = serializers.CharField(help_text=_("Nom officiel."))
    usual_name = serializers.CharField(help_text=_("Nom d’usage, vide s’il n’y en a pas."))
    kind = serializers.CharField(help_text=_("Forme : METRO, CU, CA ou CC."))
    kind_label = serializers.CharField(source="get_kind_display", help_text=_("Forme en mots."))


class CommuneSerializer(serializers.Serializer[Any]):
    """A commune."""

    insee_code = serializers.CharField(help_text=INSEE_HELP)
    name = serializers.CharField(help_text=_("Nom."))
    postcodes = serializers.ListField(child=serializers.CharField(), help_text=_("Codes postaux."))
    departement_code = serializers.CharField(help_text=_("Département."))
    epci = EpciNameSerializer(allow_null=True)
    population = serializers.IntegerField(help_text=_("Population municipale."))
    area_km2 = serializers.FloatField(help_text=_("Superficie en km²."))
    latitude = serializers.FloatField(help_text=_("Latitude du centre, en degrés (WGS 84)."))
    longitude = serializers.FloatField(help_text=_("Longitude du centre, en degrés (WGS 84)."))


class EstablishmentSerializer(serializers.Serializer[Any]):
    """An establishment of the register.

    On a row that is not freely diffusible, whatever names or locates it is null (R6.10): the model
    holds nothing there, and nothing is rebuilt from another source.
    """

    siret = serializers.CharField(help_text=_("SIRET de l’établissement."))
    siren = serializers.CharField(help_text=_("SIREN de l’entreprise."))
    is_diffusible = serializers.SerializerMethodField(
        help_text=_("Faux : l’INSEE ne diffuse ni le nom, ni la rue, ni la position.")
    )
    name = serializers.SerializerMethodField(help_text=_("Nom, enseigne ou raison sociale."))
    legal_name = serializers.SerializerMethodField(help_text=_("Nom de l’unité légale."))
    street = serializers.SerializerMethodField(help_text=_("Numéro et voie."))
    postcode = serializers.CharField(help_text=_("Code postal."))
    commune_code = serializers.CharField(help_text=INSEE_HELP)
    commune_name = serializers.SerializerMethodField(help_text=_("Nom de la commune."))
    latitude = serializers.SerializerMethodField(help_text=_("Latitude, en degrés (WGS 84)."))
    longitude = serializers.SerializerMethodField(help_text=_("Longitude, en degrés (WGS 84)."))
    naf_code = serializers.CharField(help_text=_("Code de l’activité principale."))
    naf_nomenclature = serializers.CharField(help_text=_("Nomenclature de ce code."))
    naf_label = serializers.CharField(help_text=_("Activité en mots, vide si elle est inconnue."))
    is_open = serializers.BooleanField(help_text=_("Vrai : en activité."))
    is_head_office = serializers.BooleanField(help_text=_("Vrai : siège de l’entreprise."))
    headcount_band = serializers.CharField(
        help_text=_("Tranche d’effectif de l’INSEE. NN n’est pas zéro : l’effectif est inconnu.")
    )
    headcount_year = serializers.IntegerField(allow_null=True, help_text=_("Année de l’effectif."))
    created_on = serializers.DateField(allow_null=True, help_text=_("Date de création."))

    def get_is_diffusible(self, row: Establishment) -> bool:
        """Whether INSEE lets the row be shown."""
        return not row.is_masked

    def get_name(self, row: Establishment) -> str | None:
        """The name people know."""
        return row.usual_name or row.sign_name or row.legal_name or None

    def get_legal_name(self, row: Establishment) -> str | None:
        """The name of the company."""
        return row.legal_name or None

    def get_street(self, row: Establishment) -> str | None:
        """Number and street."""
        return row.street or None

    def get_commune_name(self, row: Establishment) -> str:
        """The commune as the territory names it, else as the file does."""
        return row.commune.name if row.commune else row.town

    def get_latitude(self, row: Establishment) -> float | None:
        """Degrees, to about a metre."""
        return round(row.position[0], 5) if row.position else None

    def get_longitude(self, row: Establishment) -> float | None:
        """Degrees, to about a metre."""
        return round(row.position[1], 5) if row.position else None


class CommuneQuestion(ListQuestion):
    """Filters of the communes."""

    departement = CodeField(r"^[0-9][0-9AB][0-9]?$", help_text=_("Code du département."))
    territoire = CodeField(SIREN, help_text=EPCI_HELP)
    cursor = cursor_field(INSEE_CODE)


class EpciQuestion(ListQuestion):
    """The groupings have no filter."""

    cursor = cursor_field(SIREN)


class EstablishmentQuestion(ListQuestion):
    """Filters of the establishments."""

    commune = CodeField(INSEE_CODE, help_text=INSEE_HELP)
    territoire = CodeField(SIREN, help_text=EPCI_HELP)
    activite = CodeField(
        r"^[0-9]{2}(\.[0-9]{1,2}[A-Z]?)?$",
        help_text=_("Code NAF, ou son début : 62, 62.0, 62.01Z."),
    )
    cursor = cursor_field(SIRET)
