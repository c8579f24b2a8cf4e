"""Classifications of activities and the sectors cut in them."""

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from emn.territory.enums import NafLevel, Nomenclature


class NafCodeQuerySet(models.QuerySet["NafCode"]):
    def labels(self, codes: set[tuple[str, str]]) -> dict[tuple[str, str], str]:
        """Return {(nomenclature, code): label} for the pairs that are known, in one query."""
        rows = self.filter(code__in={code for _nomenclature, code in codes})
        found = {(row.nomenclature, row.code): row.label for row in rows}
        return {pair: found[pair] for pair in codes if pair in found}

    def subclasses(self) -> Self:
        """Keep the finest level, the one that companies carry."""
        return self.filter(level=NafLevel.SUBCLASS)


class NafCode(models.Model):
    """Code d’activité of one version of the classification."""

    nomenclature = models.CharField("nomenclature", max_length=8, choices=Nomenclature)
    code = models.CharField("code", max_length=6)
    label = models.CharField("libellé", max_length=250)
    level = models.CharField("niveau", max_length=11, choices=NafLevel)
    section = models.CharField("section", max_length=1, blank=True)
    division = models.CharField("division", max_length=2, blank=True)

    objects = models.Manager.from_queryset(NafCodeQuerySet)()

    class Meta:
        verbose_name = "code d’activité"
        verbose_name_plural = "codes d’activité"
        constraints = [
            models.UniqueConstraint(
                fields=["nomenclature", "code"],
                name="territory_nafcode_one_per_nomenclature",
                violation_error_message="Ce code existe déjà dans cette nomenclature.",
            ),
            models.CheckConstraint(
                name="territory_nafcode_level_known",
                condition=Q(level__in=NafLevel.values),
                violation_error_message="Ce niveau n’existe pas.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.label}"


class SectorDefinition(models.Model):
    """Périmètre d’un secteur: headings of one classification, some taken, some left out.

    A heading is written as its code begins: «26» is the division, «58.1» the group. The definition
    holds for its own nomenclature only. Source: R6.08.
    """

    code = models.SlugField("code")
    version = models.CharField("version", max_length=20)
    label = models.CharField("libellé", max_length=150)
    nomenclature = models.CharField("nomenclature", max_length=8, choices=Nomenclature)
    includes = ArrayField(models.CharField(max_length=6), verbose_name="rubriques retenues")
    excludes = ArrayField(
        models.CharField(max_length=6), verbose_name="rubriques écartées", default=list, blank=True
    )
    source = models.CharField("source", max_length=200)

    class Meta:
        verbose_name = "définition de secteur"
        verbose_name_plural = "définitions de secteur"
        constraints = [
            models.UniqueConstraint(
                fields=["code", "version", "nomenclature"],
                name="territory_sectordefinition_one_per_version",
                violation_error_message="Cette version du secteur existe déjà.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label}, {self.version} ({self.get_nomenclature_display()})"

    def contains(self, code: str) -> bool:
        """Tell whether an activity code of this nomenclature belongs to the sector."""
        return code.startswith(tuple(self.includes)) and not code.startswith(tuple(self.excludes))
