"""How a card and a service are written in the API, and what a list of cards may be asked.

Left out on purpose: telephone and e-mail, which would make a mailing list for whoever wants one,
and the text of the card, which stays its author's. Both are read at `url`.
"""

from datetime import date
from typing import Any

from django.conf import settings
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from directory.enums import (
    AdhesionStatus,
    ClientSector,
    ClientSize,
    SpokenLanguage,
    TrustClass,
)
from directory.filters import LARGEST_RADIUS_KM
from directory.models import Adhesion, Provider
from directory.reference import taxonomy
from directory.search.lexemes import LONGEST_QUERY
from emn.lib.api.reading import CodeField, ListQuestion, cursor_field
from emn.lib.api.texts import TextsField

ROW_KEY = r"^[0-9]{1,18}$"
WITHOUT_CONTROL_SIGNS = r"^[^\x00-\x1f\x7f]*$"


class CategorySerializer(serializers.Serializer[Any]):
    """A family of services."""

    code = serializers.CharField(help_text=_("Code de la famille."))
    name = TextsField(help_text=_("Nom de la famille."))


class ServiceSerializer(serializers.Serializer[Any]):
    """A service of the taxonomy."""

    code = serializers.CharField(help_text=_("Code du service, stable."))
    slug = serializers.CharField(help_text=_("Nom du service dans les adresses de l’annuaire."))
    name = TextsField(help_text=_("Nom."))
    description = TextsField(help_text=_("Ce que c’est, en une phrase."))
    synonyms = TextsField(help_text=_("Les mots que les gens emploient, séparés par des virgules."))
    category = CategorySerializer(help_text=_("Famille."))


class ProviderServiceSerializer(serializers.Serializer[Any]):
    """A service that a provider offers."""

    code = serializers.CharField(help_text=_("Code du service."))
    name = serializers.CharField(help_text=_("Nom."))


class PlaceSerializer(serializers.Serializer[Any]):
    """Where a provider is: the commune, never the street."""

    commune_code = serializers.CharField(source="pk", help_text=_("Code INSEE de la commune."))
    commune_name = serializers.CharField(source="name", help_text=_("Nom de la commune."))
    departement_code = serializers.CharField(help_text=_("Département."))
    epci_code = serializers.CharField(
        source="epci_id", allow_null=True, help_text=_("SIREN de l’intercommunalité.")
    )
    latitude = serializers.FloatField(help_text=_("Latitude du centre de la commune, en degrés."))
    longitude = serializers.FloatField(help_text=_("Longitude du centre de la commune, en degrés."))


class ProviderSerializer(serializers.Serializer[Any]):
    """The published card of a provider."""

    slug = serializers.CharField(help_text=_("Nom de la fiche dans son adresse, stable."))
    url = serializers.SerializerMethodField(help_text=_("La fiche, pour les personnes."))
    name = serializers.CharField(help_text=_("Nom commercial."))
    tagline = serializers.CharField(help_text=_("Ce que fait le prestataire, en une phrase."))
    siret = serializers.CharField(source="company.siret", help_text=_("SIRET de l’entreprise."))
    website = serializers.CharField(help_text=_("Site internet, vide s’il n’y en a pas."))
    services = serializers.SerializerMethodField(help_text=_("Services proposés."))
    languages = serializers.ListField(
        child=serializers.ChoiceField(SpokenLanguage.choices), help_text=_("Langues de travail.")
    )
    client_sizes = serializers.ListField(
        child=serializers.ChoiceField(ClientSize.choices),
        help_text=_("Effectifs des clients servis."),
    )
    sectors = serializers.ListField(
        child=serializers.ChoiceField(ClientSector.choices),
        help_text=_("Métiers des clients servis."),
    )
    trust_class = serializers.ChoiceField(
        TrustClass.choices,
        source="document.trust_class",
        allow_blank=True,
        help_text=_(
            "Classe de confiance, N quand le prestataire est engagé et pas encore noté, vide sans "
            "adhésion. Les lignes sont à l’adresse de la fiche, suivie de indice/calcul.json."
        ),
    )
    place = PlaceSerializer(source="company.commune", help_text=_("Où il est."))
    published_on = serializers.SerializerMethodField(help_text=_("Première publication."))
    confirmed_on = serializers.SerializerMethodField(
        help_text=_("Dernière confirmation par le prestataire.")
    )

    def get_url(self, row: Provider) -> str:
        """The absolute address of the page."""
        return f"{settings.PUBLIC_URL}{row.get_absolute_url()}"

    @extend_schema_field(ProviderServiceSerializer(many=True))
    def get_services(self, row: Provider) -> list[dict[str, str]]:
        """The services of the card, from memory."""
        entries = taxonomy()
        found = [entries[pk] for pk in row.document.service_ids if pk in entries]
        return [{"code": entry.code, "name": entry.name} for entry in found]

    def get_published_on(self, row: Provider) -> date | None:
        """The day, without the hour."""
        return localdate(row.published_at) if row.published_at else None

    def get_confirmed_on(self, row: Provider) -> date | None:
        """The day, without the hour."""
        return localdate(row.confirmed_at) if row.confirmed_at else None


class ProviderQuestion(ListQuestion):
    """The filters of the directory's list, under the same names."""

    q = serializers.RegexField(
        WITHOUT_CONTROL_SIGNS,
        required=False,
        allow_blank=True,
        max_length=LONGEST_QUERY,
        error_messages={"invalid": _("Ce texte contient des signes de contrôle : ôtez-les.")},
        help_text=_("Mots que la fiche contient tous, ou SIRET. Les fautes ne sont pas corrigées."),
    )
    service = CodeField(
        r"^[a-z0-9]+([.-][a-z0-9]+)*$", help_text=_("Code ou nom d’un service ou d’une famille.")
    )
    commune = serializers.RegexField(
        WITHOUT_CONTROL_SIGNS,
        required=False,
        max_length=80,
        error_messages={"invalid": _("Ce texte contient des signes de contrôle : ôtez-les.")},
        help_text=_("Code INSEE, code postal ou nom d’une commune."),
    )
    rayon = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=LARGEST_RADIUS_KM,
        help_text=_("Distance à la commune, en km ; 20 quand rien n’est dit."),
    )
    territoire = CodeField(r"^[0-9]{9}$", help_text=_("SIREN d’une intercommunalité."))
    langue = serializers.ChoiceField(
        SpokenLanguage.choices, required=False, help_text=_("Langue de travail.")
    )
    taille = serializers.ChoiceField(
        ClientSize.choices, required=False, help_text=_("Effectif des clients servis.")
    )
    metier = serializers.ChoiceField(
        ClientSector.choices, required=False, help_text=_("Métier des clients servis.")
    )
    charte = serializers.ChoiceField(
        [("oui", _("Signataires"))], required=False, help_text=_("Signataires de la charte e-TIC.")
    )
    classe = serializers.ChoiceField(
        TrustClass.choices, required=False, help_text=_("Classe de confiance affichée.")
    )
    cursor = cursor_field(ROW_KEY)


class SignatorySerializer(serializers.Serializer[Any]):
    """An adhesion to the charter, with its state today. Neither signatory nor document."""

    reference = serializers.CharField(help_text=_("Référence de l’adhésion."))
    siren = serializers.CharField(help_text=_("SIREN de l’entreprise."))
    name = serializers.CharField(source="company.name", help_text=_("Raison sociale."))
    commune_code = serializers.CharField(
        source="company.commune_id", help_text=_("Code INSEE de la commune.")
    )
    charter_version = serializers.CharField(
        source="charter.version", help_text=_("Version de la charte signée.")
    )
    state = serializers.SerializerMethodField(help_text=_("État à ce jour."))
    member_since = serializers.DateField(help_text=_("Signataire sans interruption depuis."))
    starts_on = serializers.DateField(help_text=_("Premier jour de cette adhésion."))
    expires_on = serializers.DateField(help_text=_("Premier jour après son terme."))
    ended_on = serializers.DateField(
        allow_null=True, help_text=_("Jour de sa fin, quand elle est terminée.")
    )

    @extend_schema_field(serializers.ChoiceField(AdhesionStatus.choices))
    def get_state(self, row: Adhesion) -> str:
        """The state that its dates give today."""
        return row.status_on(localdate()).value


class ServiceQuestion(ListQuestion):
    """The services have no filter."""

    cursor = cursor_field(ROW_KEY)
