"""The company register (SIRENE): legal units, their establishments, the imports that wrote them.

What a person asked INSEE not to show (diffusion status P, formerly N) is never stored in a readable
form: a constraint refuses a name, a street or a position on such a row. Source: R6.10.
"""

from typing import Self

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db import models
from django.db.models import OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce, Left

from emn.territory.enums import (
    Diffusion,
    EstablishmentState,
    HeadcountBand,
    ImportState,
    LegalUnitState,
)
from emn.territory.models.activities import NafCode, SectorDefinition
from emn.territory.models.places import Commune
from emn.territory.names import company_key
from emn.territory.sirene import lambert

NAME_VECTOR = SearchVector("own_words", "legal_words", config="simple")
HAS_A_NAME = Q(is_masked=False) & ~Q(own_words="", legal_words="")


class ImportRun(models.Model):
    """Import du registre: one that was written, or that was refused and why."""

    state = models.CharField("issue", max_length=7, choices=ImportState)
    departement_code = models.CharField("département", max_length=3)
    files = models.JSONField("fichiers", default=list)
    started_at = models.DateTimeField("début")
    finished_at = models.DateTimeField("fin")
    counts = models.JSONField("décomptes", default=dict)
    error = models.TextField("motif du refus", blank=True)
    report = models.CharField("rapport des lignes rejetées", max_length=255, blank=True)

    class Meta:
        verbose_name = "import du registre"
        verbose_name_plural = "imports du registre"
        constraints = [
            models.CheckConstraint(
                name="territory_importrun_refusal_has_a_reason",
                condition=Q(state=ImportState.WRITTEN, error="")
                | (Q(state=ImportState.REFUSED) & ~Q(error="")),
                violation_error_message="Un import refusé porte son motif, et lui seul.",
            ),
            models.CheckConstraint(
                name="territory_importrun_ends_after_start",
                condition=Q(finished_at__gte=models.F("started_at")),
                violation_error_message="La fin suit le début.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.started_at:%d/%m/%Y %H:%M} ({self.get_state_display()})"


class LegalUnit(models.Model):
    """Unité légale: a company or a self-employed person, with an establishment in the département.

    `name` is the registered name, or first and last name of a natural person; empty when masked.
    """

    siren = models.CharField("SIREN", max_length=9, primary_key=True)
    diffusion = models.CharField("statut de diffusion", max_length=1, choices=Diffusion)
    state = models.CharField("état", max_length=1, choices=LegalUnitState)
    name = models.TextField("nom", blank=True)
    acronym = models.TextField("sigle", blank=True)
    usual_name = models.TextField("dénomination usuelle", blank=True)
    words = models.TextField("noms repliés pour la recherche", blank=True, editable=False)
    legal_category = models.CharField("catégorie juridique", max_length=4, blank=True)
    naf_code = models.CharField("activité principale", max_length=6, blank=True)
    naf_nomenclature = models.CharField("nomenclature", max_length=8, blank=True)
    naf_2025_code = models.CharField("activité en NAF 2025", max_length=6, blank=True)
    headcount_band = models.CharField(
        "tranche d’effectif", max_length=2, choices=HeadcountBand, blank=True
    )
    headcount_year = models.PositiveSmallIntegerField("année de l’effectif", null=True, blank=True)
    head_office_nic = models.CharField("NIC du siège", max_length=5, blank=True)
    created_on = models.DateField("création", null=True, blank=True)
    processed_at = models.DateTimeField("dernier traitement par l’INSEE", null=True, blank=True)

    class Meta:
        verbose_name = "unité légale"
        verbose_name_plural = "unités légales"
        constraints = [
            models.CheckConstraint(
                name="territory_legalunit_masked_shows_nothing",
                condition=Q(diffusion=Diffusion.OPEN)
                | Q(name="", acronym="", usual_name="", words=""),
                violation_error_message="Cette unité ne se diffuse pas : son nom doit rester vide.",
            ),
        ]

    def __str__(self) -> str:
        return self.name or f"Unité {self.siren}"


class EstablishmentQuerySet(models.QuerySet["Establishment"]):
    def open(self) -> Self:
        """Keep those in activity."""
        return self.filter(state=EstablishmentState.OPEN)

    def diffusible(self) -> Self:
        """Keep those that INSEE lets everyone show. Source: R6.10."""
        return self.filter(is_masked=False)

    def with_activity_label(self) -> Self:
        """Annotate `naf_label`, the words of the activity; empty when it is unknown."""
        label = NafCode.objects.filter(
            nomenclature=OuterRef("naf_nomenclature"), code=OuterRef("naf_code")
        ).values("label")
        return self.annotate(naf_label=Coalesce(Subquery(label), Value("")))

    def named_like(self, text: str) -> Self:
        """Keep those that may be shown and whose name holds words that begin as those of `text`."""
        terms = company_key(text).split()
        if not terms:
            return self.none()
        query = SearchQuery(
            " & ".join(f"'{term}':*" for term in terms), config="simple", search_type="raw"
        )
        return self.alias(name_vector=NAME_VECTOR).filter(HAS_A_NAME, name_vector=query)

    def in_sector(self, sector: SectorDefinition) -> Self:
        """Keep those whose activity, in the sector's own nomenclature, belongs to it."""
        taken = Q(*(Q(naf_code__startswith=code) for code in sector.includes), _connector=Q.OR)
        left = Q(*(Q(naf_code__startswith=code) for code in sector.excludes), _connector=Q.OR)
        kept = self.filter(taken, naf_nomenclature=sector.nomenclature)
        return kept.exclude(left) if sector.excludes else kept


class Establishment(models.Model):
    """Établissement: a place of business of the département, as SIRENE describes it.

    `is_masked` is true when the establishment or its legal unit is not freely diffusible: every
    column that names or locates it is then empty, but for the commune. `naf_code` is written in
    `naf_nomenclature`, which old rows keep (NAP, NAF 1993…). Coordinates are kept as the file gives
    them: in metres, in degrees, or both (see `position`). `unseen_since` is the start of the first
    import whose files no longer held the row.
    """

    siret = models.CharField("SIRET", max_length=14, primary_key=True)
    siren = models.CharField("SIREN", max_length=9)
    diffusion = models.CharField("statut de diffusion", max_length=1, choices=Diffusion)
    is_masked = models.BooleanField("masqué")
    state = models.CharField("état", max_length=1, choices=EstablishmentState)
    is_head_office = models.BooleanField("siège")
    created_on = models.DateField("création", null=True, blank=True)
    period_started_on = models.DateField("début de la période en cours", null=True, blank=True)
    headcount_band = models.CharField(
        "tranche d’effectif", max_length=2, choices=HeadcountBand, blank=True
    )
    headcount_year = models.PositiveSmallIntegerField("année de l’effectif", null=True, blank=True)
    naf_code = models.CharField("activité principale", max_length=6, blank=True)
    naf_nomenclature = models.CharField("nomenclature", max_length=8, blank=True)
    naf_2025_code = models.CharField("activité en NAF 2025", max_length=6, blank=True)
    legal_name = models.TextField("nom de l’unité légale", blank=True)
    usual_name = models.TextField("dénomination usuelle", blank=True)
    sign_name = models.TextField("enseigne", blank=True)
    own_words = models.TextField("noms propres repliés", blank=True, editable=False)
    legal_words = models.TextField("noms de l’unité légale repliés", blank=True, editable=False)
    address_extra = models.TextField("complément d’adresse", blank=True)
    street = models.TextField("numéro et voie", blank=True)
    postcode = models.CharField("code postal", max_length=5, blank=True)
    town = models.TextField("libellé de la commune", blank=True)
    commune_code = models.CharField("code commune du fichier", max_length=5)
    # The import takes these codes from the table itself; checking a million of them again at the
    # end of the transaction would cost a third of it.
    commune = models.ForeignKey(
        Commune,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    lambert_x_m = models.FloatField("abscisse Lambert (m)", null=True, blank=True)
    lambert_y_m = models.FloatField("ordonnée Lambert (m)", null=True, blank=True)
    latitude = models.FloatField("latitude (degrés)", null=True, blank=True)
    longitude = models.FloatField("longitude (degrés)", null=True, blank=True)
    processed_at = models.DateTimeField("dernier traitement par l’INSEE", null=True, blank=True)
    unseen_since = models.DateTimeField("absent depuis l’import du", null=True, blank=True)

    objects = models.Manager.from_queryset(EstablishmentQuerySet)()

    class Meta:
        verbose_name = "établissement"
        indexes = [
            GinIndex(NAME_VECTOR, name="territory_establishment_names", condition=HAS_A_NAME)
        ]
        constraints = [
            models.CheckConstraint(
                name="territory_establishment_siret_holds_siren",
                condition=Q(siren=Left("siret", 9)),
                violation_error_message="Un SIRET commence par le SIREN de l’entreprise.",
            ),
            models.CheckConstraint(
                name="territory_establishment_masked_shows_nothing",
                condition=Q(is_masked=False, diffusion=Diffusion.OPEN)
                | Q(
                    is_masked=True,
                    legal_name="",
                    usual_name="",
                    sign_name="",
                    own_words="",
                    legal_words="",
                    address_extra="",
                    street="",
                    lambert_x_m=None,
                    lambert_y_m=None,
                    latitude=None,
                    longitude=None,
                ),
                violation_error_message=(
                    "Cet établissement ne se diffuse pas : ni nom, ni rue, ni position."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.name or f"Établissement {self.siret}"

    @property
    def name(self) -> str:
        """The name to show: the company's, else that of the place; empty when masked."""
        return self.legal_name or self.usual_name or self.sign_name

    @property
    def position(self) -> tuple[float, float] | None:
        """Latitude and longitude in degrees, from whichever coordinates the file gave."""
        if self.latitude is not None and self.longitude is not None:
            return self.latitude, self.longitude
        if self.lambert_x_m is None or self.lambert_y_m is None:
            return None
        if self.commune_code.startswith("97"):  # overseas: other projections
            return None
        return lambert.to_degrees(self.lambert_x_m, self.lambert_y_m)

    @property
    def nic(self) -> str:
        """The number of the establishment within its company."""
        return self.siret[9:]

    @property
    def is_open(self) -> bool:
        """Whether the establishment is in activity."""
        return self.state == EstablishmentState.OPEN
