"""What readers say is wrong on a card."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from directory.enums import ReportCategory, ReportStatus
from directory.models.providers import Provider
from emn.accounts.enums import Language


class CardReportQuerySet(models.QuerySet["CardReport"]):
    """Questions about reports."""

    def open(self) -> Self:
        """Keep those that nobody has decided on."""
        return self.filter(status=ReportStatus.OPEN)


class CardReport(models.Model):
    """Signalement d’erreur: a reader says what is wrong on a card, and may leave an address."""

    provider = models.ForeignKey(
        Provider, models.CASCADE, related_name="reports", verbose_name=_("prestataire")
    )
    category = models.CharField(_("sujet"), max_length=10, choices=ReportCategory)
    message = models.TextField(_("précisions"), max_length=1000, blank=True)
    email = models.EmailField(_("adresse pour la réponse"), blank=True)
    language = models.CharField(_("langue"), max_length=2, choices=Language)
    created_at = models.DateTimeField(_("reçu le"))
    status = models.CharField(
        _("état"), max_length=10, choices=ReportStatus, default=ReportStatus.OPEN
    )
    decided_at = models.DateTimeField(_("traité le"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("traité par"),
    )
    answer = models.TextField(_("réponse"), max_length=1000, blank=True)

    objects = models.Manager.from_queryset(CardReportQuerySet)()

    class Meta:
        verbose_name = _("signalement d’erreur")
        verbose_name_plural = _("signalements d’erreur")
        permissions = [("decide_cardreport", _("Peut traiter les signalements d’erreur"))]
        constraints = [
            models.CheckConstraint(
                name="directory_cardreport_status_known",
                condition=Q(status__in=ReportStatus.values),
            ),
            models.CheckConstraint(
                name="directory_cardreport_category_known",
                condition=Q(category__in=ReportCategory.values),
            ),
            models.CheckConstraint(
                name="directory_cardreport_decided_has_date",
                condition=Q(status=ReportStatus.OPEN, decided_at=None)
                | (~Q(status=ReportStatus.OPEN) & Q(decided_at__isnull=False)),
            ),
        ]
        indexes = [models.Index(fields=["status", "created_at"])]

    def __str__(self) -> str:
        return f"{self.provider} · {self.get_category_display()}"
