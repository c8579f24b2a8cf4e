"""Micro-surveys of the letter: who answered, and how often each answer was given."""

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from emn.mailings.models import Subscriber
from emn.questionnaires.models import QuestionnaireVersion


class MicroSurvey(models.Model):
    """Micro-enquête: one to three questions put to the readers of a letter; a « thermomètre ».

    `tally`: question → option → how many chose it, while it is open; who did is kept apart, and no
    row, key or order joins the two (R2.13). Emptied when it is counted.
    `results`: question → {"n", "shares": option → %, or "secret"}, counted once, after the end:
    two readings of results that grow would give away the answer that came between them.
    """

    code = models.SlugField(_("code"), max_length=60, unique=True)
    title = models.CharField(_("titre"), max_length=160)
    version = models.ForeignKey(
        QuestionnaireVersion, models.PROTECT, related_name="+",
        verbose_name=_("version du questionnaire"),
        help_text=_("D’une à trois questions, à une seule réponse chacune."),
    )  # fmt: skip
    closes_on = models.DateField(_("close à la fin du"))
    sealed_at = models.DateTimeField(_("dépouillée le"), null=True, blank=True, editable=False)
    results: "models.JSONField[Any, Any]" = models.JSONField(
        _("résultats"), default=dict, blank=True, editable=False
    )
    tally: "models.JSONField[Any, Any]" = models.JSONField(
        _("réponses comptées"), default=dict, db_default={}, blank=True, editable=False
    )

    class Meta:
        verbose_name = _("micro-enquête")
        verbose_name_plural = _("micro-enquêtes")
        constraints = [
            models.CheckConstraint(
                name="observatory_microsurvey_sealed_has_results",
                condition=Q(sealed_at=None, results={}) | Q(sealed_at__isnull=False, tally={}),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Return the page of its results."""
        return reverse("surveys:thermometer", args=[self.code])

    def is_open(self, *, now: datetime) -> bool:
        """Whether it may still be answered."""
        return self.sealed_at is None and localdate(now) <= self.closes_on


class MicroSurveyReader(models.Model):
    """Lecteur qui a répondu: that a reader has answered, and on what day; erased at the end."""

    micro_survey = models.ForeignKey(
        MicroSurvey, models.CASCADE, related_name="readers", verbose_name=_("micro-enquête")
    )
    subscriber = models.ForeignKey(
        Subscriber, models.CASCADE, related_name="+", verbose_name=_("abonné")
    )
    answered_on = models.DateField(_("le"))

    class Meta:
        verbose_name = _("lecteur qui a répondu")
        verbose_name_plural = _("lecteurs qui ont répondu")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["micro_survey", "subscriber"], name="observatory_microsurveyreader_once"
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)
