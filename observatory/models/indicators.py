"""The cube of published figures: releases, their cells, their files and charts.

Only what may be published is ever written here: a protected cell is a flag without a value (R6.05).
"""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from observatory.indicator_enums import ChartWidth, Flag, Level, ReleaseKind


class ReleaseQuerySet(models.QuerySet["Release"]):
    """Questions about releases."""

    def latest_of_each(self) -> Self:
        """Keep the last release of every indicator."""
        return self.order_by("indicator", "-number").distinct("indicator")


class Release(models.Model):
    """Version d’un indicateur: its cells as they were published on a day, for good.

    A correction is a new release with its `note`. `definition` is the version of the method card it
    was computed with; `labels`: item → language → words; `sources`: what the cells point to, in
    order; `loss`: share of the cells hidden by secrecy.
    """

    indicator = models.SlugField(_("indicateur"), max_length=40)
    number = models.PositiveIntegerField(_("numéro"))
    kind = models.CharField(_("motif"), max_length=10, choices=ReleaseKind)
    note = models.CharField(_("ce qui change"), max_length=300, blank=True)
    definition = models.CharField(_("version de la définition"), max_length=10)
    computed_at = models.DateTimeField(_("calculée le"))
    as_of = models.DateField(_("situation au"))
    labels: "models.JSONField[Any, Any]" = models.JSONField(_("libellés"), default=dict)
    sources: "models.JSONField[Any, Any]" = models.JSONField(_("sources"), default=list)
    fingerprint = models.CharField(_("empreinte"), max_length=64)
    cell_count = models.PositiveIntegerField(_("cases"))
    hidden_count = models.PositiveIntegerField(_("cases protégées"), default=0)

    objects = models.Manager.from_queryset(ReleaseQuerySet)()

    class Meta:
        verbose_name = _("version d’un indicateur")
        verbose_name_plural = _("versions des indicateurs")
        default_permissions = ("view",)
        permissions = [("correct_release", _("Peut publier une correction d’un indicateur"))]
        constraints = [
            models.UniqueConstraint(
                fields=["indicator", "number"], name="observatory_release_one_per_number"
            ),
            models.CheckConstraint(
                name="observatory_release_kind_known", condition=Q(kind__in=ReleaseKind.values)
            ),
            models.CheckConstraint(
                name="observatory_release_first_is_number_one",
                condition=Q(kind=ReleaseKind.FIRST, number=1)
                | (~Q(kind=ReleaseKind.FIRST) & Q(number__gt=1)),
            ),
            models.CheckConstraint(
                name="observatory_release_correction_says_why",
                condition=~Q(kind=ReleaseKind.CORRECTION) | ~Q(note=""),
                violation_error_message=_("Dites en une phrase ce que la correction change."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.indicator} v{self.number}"

    def get_absolute_url(self) -> str:
        return reverse("observatory:release", args=[self.indicator, self.number])


class HeldRelease(models.Model):
    """Version retenue: a correction, or the count of a night, that was not published, and why.

    `note`: the line that came with the correction; empty: of a night, one row an indicator. The
    next release takes these away; an update leaves corrections, as it counts no closed period anew.
    """

    indicator = models.SlugField(_("indicateur"), max_length=40)
    note = models.CharField(_("correction demandée"), max_length=300, blank=True)
    reason = models.CharField(_("raison"), max_length=300)
    held_at = models.DateTimeField(_("retenue le"))

    class Meta:
        verbose_name = _("version retenue")
        verbose_name_plural = _("versions retenues")
        default_permissions = ("view", "delete")
        constraints = [
            models.UniqueConstraint(
                fields=["indicator"], condition=Q(note=""), name="observatory_heldrelease_one_night"
            ),
            models.CheckConstraint(
                name="observatory_heldrelease_says_why", condition=~Q(reason="")
            ),
        ]

    def __str__(self) -> str:
        return self.indicator


class Cell(models.Model):
    """Case du cube: one published value, or the reason why there is none.

    An empty dimension means « all ». `territory`: département code, SIREN of the EPCI or INSEE
    code; `period`: 2026, 2026-T3 or 2026-11; `source`: place in the release’s list;
    `units`: how many answered, where people were asked.
    """

    release = models.ForeignKey(Release, models.PROTECT, related_name="cells")
    level = models.CharField(_("niveau"), max_length=1, choices=Level)
    territory = models.CharField(_("territoire"), max_length=20)
    activity = models.CharField(_("activité"), max_length=6, blank=True)
    size = models.CharField(_("taille"), max_length=6, blank=True)
    item = models.CharField(_("poste"), max_length=40, blank=True)
    period = models.CharField(_("période"), max_length=9)
    value = models.FloatField(_("valeur"), null=True, blank=True)
    flag = models.CharField(_("raison de l’absence"), max_length=1, choices=Flag, blank=True)
    source = models.PositiveSmallIntegerField(_("source"), default=0)
    units = models.PositiveIntegerField(_("répondants"), null=True, blank=True)

    class Meta:
        verbose_name = _("case du cube")
        verbose_name_plural = _("cases du cube")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["release", "level", "period", "territory", "activity", "size", "item"],
                name="observatory_cell_once",
            ),
            models.CheckConstraint(
                name="observatory_cell_value_or_reason",
                condition=Q(value__isnull=False, flag="")
                | Q(value=None, units=None, flag__in=Flag.values),
            ),
        ]
        indexes = [models.Index(fields=["release", "id"], name="observatory_cell_pages")]

    def __str__(self) -> str:
        return f"{self.release_id} {self.territory} {self.period} {self.activity}{self.item}"


class ReleaseFile(models.Model):
    """Fichier d’une version: its CSV or JSON, compressed, written when it was published."""

    release = models.ForeignKey(Release, models.PROTECT, related_name="files")
    extension = models.CharField(_("format"), max_length=4)
    content = models.BinaryField(_("contenu (gzip)"))

    class Meta:
        verbose_name = _("fichier d’une version")
        verbose_name_plural = _("fichiers des versions")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["release", "extension"], name="observatory_releasefile_one_per_format"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.release_id}.{self.extension}"


class Chart(models.Model):
    """Graphique: a view of a release, drawn by the worker in one language for one width."""

    release = models.ForeignKey(Release, models.CASCADE, related_name="charts")
    view = models.CharField(_("vue"), max_length=12)
    language = models.CharField(_("langue"), max_length=2, choices=settings.LANGUAGES)
    width = models.CharField(_("largeur"), max_length=6, choices=ChartWidth)
    svg = models.TextField(_("dessin"))

    class Meta:
        verbose_name = _("graphique")
        verbose_name_plural = _("graphiques")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["release", "view", "language", "width"], name="observatory_chart_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.release_id} {self.view} {self.language} {self.width}"
