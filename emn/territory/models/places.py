"""Communes, their groupings and their outlines."""

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Cast

from emn.territory import distance
from emn.territory.enums import EpciKind, OutlineKind
from emn.territory.names import place_key


class Epci(models.Model):
    """EPCI à fiscalité propre: a grouping of communes, known by its SIREN."""

    siren = models.CharField("SIREN", max_length=9, primary_key=True)
    name = models.CharField("nom", max_length=150)
    usual_name = models.CharField("nom d’usage", max_length=150, blank=True)
    kind = models.CharField("type", max_length=5, choices=EpciKind)

    class Meta:
        verbose_name = "EPCI"
        verbose_name_plural = "EPCI"
        constraints = [
            models.CheckConstraint(
                name="territory_epci_siren_format",
                condition=Q(siren__regex=r"^[0-9]{9}$"),
                violation_error_message="Un SIREN compte neuf chiffres.",
            ),
            models.CheckConstraint(
                name="territory_epci_kind_known",
                condition=Q(kind__in=EpciKind.values),
                violation_error_message="Ce type d’EPCI n’existe pas.",
            ),
        ]

    def __str__(self) -> str:
        return self.usual_name or self.name


class CommuneQuerySet(models.QuerySet["Commune"]):
    def in_departement(self, code: str) -> Self:
        """Keep the communes of one département (57, 2A, 974)."""
        return self.filter(departement_code=code)

    def named_like(self, text: str) -> Self:
        """Keep those with a word of their name, or their postcode, that starts with `text`."""
        key = place_key(text)
        if not key:
            return self.none()
        if key.isdigit():
            listed = self.alias(codes=Cast("postcodes", models.TextField()))  # {57000,57050}
            return listed.filter(Q(codes__contains=f"{{{key}") | Q(codes__contains=f",{key}"))
        return self.filter(Q(name_folded__startswith=key) | Q(name_folded__contains=f" {key}"))

    def within(self, *, latitude: float, longitude: float, radius_km: float) -> Self:
        """Keep those whose centre lies in the disc; annotate `distance_km`."""
        box = distance.box_around(latitude=latitude, longitude=longitude, radius_km=radius_km)
        return self.with_distance(latitude=latitude, longitude=longitude).filter(
            box.as_q(), distance_km__lte=min(radius_km, distance.HALF_CIRCUMFERENCE_KM)
        )

    def with_distance(self, *, latitude: float, longitude: float) -> Self:
        """Annotate `distance_km`, the great-circle distance to the commune's centre."""
        return self.annotate(
            distance_km=distance.distance_km(latitude=latitude, longitude=longitude)
        )


class Commune(models.Model):
    """Commune: current ones of the département and of its neighbours, known by their INSEE code."""

    insee_code = models.CharField("code INSEE", max_length=5, primary_key=True)
    name = models.CharField("nom", max_length=100)
    name_folded = models.CharField("nom replié pour la recherche", max_length=100, editable=False)
    postcodes = ArrayField(models.CharField(max_length=5), verbose_name="codes postaux")
    departement_code = models.CharField("département", max_length=3, db_index=True)
    epci = models.ForeignKey(
        Epci, on_delete=models.PROTECT, null=True, blank=True, related_name="communes"
    )
    population = models.PositiveIntegerField("population municipale")
    area_km2 = models.FloatField("superficie (km²)")
    latitude = models.FloatField("latitude (degrés)")
    longitude = models.FloatField("longitude (degrés)")

    objects = models.Manager.from_queryset(CommuneQuerySet)()

    class Meta:
        verbose_name = "commune"
        constraints = [
            models.CheckConstraint(
                name="territory_commune_insee_code_format",
                condition=Q(insee_code__regex=r"^[0-9][0-9AB][0-9]{3}$"),
                violation_error_message="Un code INSEE compte cinq caractères.",
            ),
            models.CheckConstraint(
                name="territory_commune_coordinates_on_earth",
                condition=Q(latitude__range=(-90, 90), longitude__range=(-180, 180)),
                violation_error_message="Ces coordonnées ne sont pas sur la Terre.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def postcode(self) -> str:
        """The postcode to show when only one is asked for."""
        return self.postcodes[0]


class CommuneAlias(models.Model):
    """Ancien code: a commune that was merged or that is delegated, and the one that holds it."""

    code = models.CharField("ancien code INSEE", max_length=5, primary_key=True)
    name = models.CharField("ancien nom", max_length=100)
    name_folded = models.CharField("nom replié pour la recherche", max_length=100, editable=False)
    commune = models.ForeignKey(Commune, on_delete=models.PROTECT, related_name="aliases")

    class Meta:
        verbose_name = "ancienne commune"
        verbose_name_plural = "anciennes communes"

    def __str__(self) -> str:
        return self.name


class Outline(models.Model):
    """Contour of a commune or of an EPCI's part in the département, ready to be drawn.

    `rings`: closed rings of [longitude, latitude] in degrees, the last point not repeated; to be
    filled with the even-odd rule, so that a hole needs no mark.
    """

    commune = models.OneToOneField(Commune, on_delete=models.CASCADE, null=True, blank=True)
    epci = models.OneToOneField(Epci, on_delete=models.CASCADE, null=True, blank=True)
    kind = models.CharField("nature", max_length=9, choices=OutlineKind)
    rings = models.JSONField("anneaux")
    source = models.CharField("source et millésime", max_length=200)

    class Meta:
        verbose_name = "contour"
        constraints = [
            models.CheckConstraint(
                name="territory_outline_of_one_place",
                condition=Q(commune__isnull=False, epci__isnull=True)
                | Q(commune__isnull=True, epci__isnull=False),
                violation_error_message="Un contour est celui d’une commune ou d’un EPCI.",
            ),
            models.CheckConstraint(
                name="territory_outline_kind_known",
                condition=Q(kind__in=OutlineKind.values),
                violation_error_message="Un contour est officiel ou schématique.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.commune or self.epci} ({self.get_kind_display()})"
