"""What is frozen of a closed survey: figures and method for everybody, weights for nobody."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from observatory.models.surveys import AnonymousSheet, AnswerSheet, Survey


class SurveyEdition(models.Model):
    """Édition d’enquête: figures computed once the survey is closed, and frozen.

    `method`: population, N, n, response rate, field dates, weighting, deff (R6.17); `figures`: the
    published table, marks « s » and « n.s. » in place of what is not shown. The database refuses to
    change either: a correction is a new edition.
    """

    survey = models.ForeignKey(
        Survey, models.PROTECT, related_name="editions", verbose_name=_("enquête")
    )
    number = models.PositiveSmallIntegerField(_("numéro"))
    method = models.JSONField(_("méthode"))
    figures = models.JSONField(_("chiffres publiés"))
    frozen_at = models.DateTimeField(_("figée le"))

    class Meta:
        verbose_name = _("édition d’enquête")
        verbose_name_plural = _("éditions d’enquête")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["survey", "number"], name="observatory_surveyedition_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.survey} · {self.number}"


class SheetWeight(models.Model):
    """Poids d’un bulletin: how many units a sheet stands for in an edition. Never shown (R6.01).

    One of `sheet` (confidential) or `anonymous`. `base`: units of its stratum for each drawn one;
    `response`: what non-response multiplied it by; `calibration`: g, what the margins did.
    """

    edition = models.ForeignKey(
        SurveyEdition, models.CASCADE, related_name="weights", verbose_name=_("édition")
    )
    sheet = models.ForeignKey(
        AnswerSheet, models.CASCADE, null=True, blank=True, related_name="+",
        verbose_name=_("bulletin confidentiel"),
    )  # fmt: skip
    anonymous = models.ForeignKey(
        AnonymousSheet, models.CASCADE, null=True, blank=True, related_name="+",
        verbose_name=_("bulletin anonyme"),
    )  # fmt: skip
    base = models.FloatField(_("poids de sondage"))
    response = models.FloatField(_("correction de la non-réponse"))
    calibration = models.FloatField(_("calage"))

    class Meta:
        verbose_name = _("poids d’un bulletin")
        verbose_name_plural = _("poids des bulletins")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                name="observatory_sheetweight_of_one_sheet",
                condition=Q(sheet__isnull=True, anonymous__isnull=False)
                | Q(sheet__isnull=False, anonymous__isnull=True),
            ),
            models.CheckConstraint(
                name="observatory_sheetweight_is_positive",
                condition=Q(base__gt=0, response__gt=0, calibration__gt=0),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.edition_id}"

    @property
    def weight(self) -> float:
        """The weight itself."""
        return self.base * self.response * self.calibration
