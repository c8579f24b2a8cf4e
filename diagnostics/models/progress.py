"""That a company was reminded of its next diagnostic."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from diagnostics.enums import Stage
from diagnostics.models.diagnostics import Diagnostic


class StageReminder(models.Model):
    """Rappel d’étape: a company was written to, a month before this stage, once."""

    diagnostic = models.ForeignKey(
        Diagnostic, models.CASCADE, related_name="reminders", verbose_name=_("diagnostic")
    )
    stage = models.CharField(_("étape"), max_length=2, choices=Stage)
    sent_at = models.DateTimeField(_("envoyé le"))

    class Meta:
        verbose_name = _("rappel d’étape")
        verbose_name_plural = _("rappels d’étape")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["diagnostic", "stage"], name="diagnostics_stagereminder_once"
            ),
            models.CheckConstraint(
                name="diagnostics_stagereminder_stage_later",
                condition=Q(stage__in=[Stage.T1, Stage.T2]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.diagnostic_id} · {self.stage}"
