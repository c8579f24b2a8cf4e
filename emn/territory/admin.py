"""The territory and the register in the back office: read there, written by commands only."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from emn.lib.admin import ReadOnlyAdmin
from emn.territory.models import (
    Commune,
    Epci,
    Establishment,
    ImportRun,
    LegalUnit,
    NafCode,
    SectorDefinition,
)

_SIREN_LENGTH = 9


@admin.register(Epci)
class EpciAdmin(ReadOnlyAdmin):
    """Groupings of communes."""

    list_display = ("__str__", "kind", "siren")
    list_filter = ("kind",)
    search_fields = ("name", "usual_name", "siren")
    ordering = ("name", "pk")


@admin.register(Commune)
class CommuneAdmin(ReadOnlyAdmin):
    """Communes of the département and of its neighbours."""

    list_display = ("name", "insee_code", "epci", "population", "departement_code")
    list_filter = ("departement_code",)
    search_fields = ("insee_code",)
    ordering = ("name", "pk")

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[models.QuerySet[Any], bool]:
        """Search by the beginning of a name or of a postcode, or by code."""
        found, _many = super().get_search_results(request, queryset, search_term)
        return (found | queryset.named_like(search_term) if search_term else found), False


@admin.register(NafCode)
class NafCodeAdmin(ReadOnlyAdmin):
    """Activity codes of each version of the classification."""

    list_display = ("code", "label", "level", "nomenclature")
    list_filter = ("nomenclature", "level")
    search_fields = ("code", "label")
    ordering = ("nomenclature", "code", "pk")


@admin.register(SectorDefinition)
class SectorDefinitionAdmin(ReadOnlyAdmin):
    """Perimeters of sectors."""

    list_display = ("label", "version", "nomenclature")
    ordering = ("code", "version", "pk")


@admin.register(Establishment)
class EstablishmentAdmin(ReadOnlyAdmin):
    """The register's establishments; a masked one has neither name nor street to show."""

    list_display = ("siret", "name", "town", "naf_code", "state", "is_masked")
    search_fields = ("siret",)
    search_help_text = "SIRET, SIREN ou début des mots du nom"
    ordering = ("pk",)
    exclude = ("own_words", "legal_words")

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[models.QuerySet[Any], bool]:
        """Search by number or by name, each through its index."""
        number = "".join(search_term.split())
        if not number:
            return queryset, False
        if number.isdecimal() and len(number) >= _SIREN_LENGTH:
            first, last = number.ljust(14, "0")[:14], number.ljust(14, "9")[:14]
            return queryset.filter(pk__range=(first, last)), False
        return queryset.named_like(search_term), False


@admin.register(LegalUnit)
class LegalUnitAdmin(ReadOnlyAdmin):
    """The companies behind the establishments."""

    list_display = ("siren", "name", "legal_category", "naf_code", "state", "diffusion")
    search_fields = ("siren__exact",)
    search_help_text = "SIREN"
    ordering = ("pk",)
    exclude = ("words",)


@admin.register(ImportRun)
class ImportRunAdmin(ReadOnlyAdmin):
    """What was imported, when, and what was refused."""

    list_display = ("started_at", "state", "departement_code", "error")
    list_filter = ("state",)
    ordering = ("-started_at", "-pk")
