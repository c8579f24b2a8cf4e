"""What staff corrected: a layer of its own, shown over the owner's words until it is lifted."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from directory.enums import CorrectableField, CorrectionOutcome
from directory.models.providers import Provider


class CorrectionQuerySet(models.QuerySet["Correction"]):
    """Questions about corrections."""

    def standing(self) -> Self:
        """Keep those that the card shows today."""
        return self.filter(ended_at=None)


class Correction(models.Model):
    """Correction du centre: the value of one field that the public card shows, and why."""

    provider = models.ForeignKey(Provider, models.CASCADE, related_name="corrections")
    field = models.CharField(_("champ"), max_length=20, choices=CorrectableField)
    value = models.TextField(_("valeur"), max_length=2000, blank=True)
    reason = models.TextField(_("motif"), max_length=500)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("agent"),
    )
    made_at = models.DateTimeField(_("faite le"))
    ended_at = models.DateTimeField(_("finie le"), null=True, blank=True)
    outcome = models.CharField(_("issue"), max_length=10, choices=CorrectionOutcome, blank=True)

    objects = models.Manager.from_queryset(CorrectionQuerySet)()

    class Meta:
        verbose_name = _("correction du centre")
        verbose_name_plural = _("corrections du centre")
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "field"],
                condition=Q(ended_at=None),
                name="directory_correction_one_standing_per_field",
            ),
            models.CheckConstraint(
                name="directory_correction_field_known",
                condition=Q(field__in=CorrectableField.values),
            ),
            models.CheckConstraint(
                name="directory_correction_ended_has_outcome",
                condition=Q(ended_at=None, outcome="")
                | (Q(ended_at__isnull=False) & Q(outcome__in=CorrectionOutcome.values)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider} · {self.get_field_display()}"
