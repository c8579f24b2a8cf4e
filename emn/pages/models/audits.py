"""What the legal pages are computed from."""

from typing import Self

from django.db import models
from django.db.models import Q

from emn.pages.enums import Conformity


class AccessibilityAuditQuerySet(models.QuerySet["AccessibilityAudit"]):
    """Questions about audits."""

    def latest_first(self) -> Self:
        """Order from the most recent audit to the oldest."""
        return self.order_by("-audited_on", "-pk")


class AccessibilityAudit(models.Model):
    """Audit d’accessibilité: the last one makes the statement and the footer's mention."""

    audited_on = models.DateField("date de l’audit")
    standard = models.CharField("référentiel", max_length=40, default="RGAA 4.1.2")
    rate_percent = models.DecimalField(
        "taux de conformité (%)",
        max_digits=5,
        decimal_places=2,
        help_text="Part des critères applicables qui sont respectés, de 0 à 100.",
    )
    auditor = models.CharField("auditeur", max_length=200)
    scope = models.TextField("pages vérifiées", help_text="Une page par ligne.")
    environment = models.TextField(
        "environnement de test", blank=True, help_text="Navigateurs et lecteurs d’écran utilisés."
    )
    non_conformities = models.TextField(
        "contenus non conformes", blank=True, help_text="Un défaut par ligne."
    )
    exemptions = models.TextField(
        "dérogations et contenus non soumis", blank=True, help_text="Un contenu par ligne."
    )

    objects = models.Manager.from_queryset(AccessibilityAuditQuerySet)()

    class Meta:
        verbose_name = "audit d’accessibilité"
        verbose_name_plural = "audits d’accessibilité"
        constraints = [
            models.CheckConstraint(
                name="pages_accessibilityaudit_rate_is_a_percentage",
                condition=Q(rate_percent__gte=0, rate_percent__lte=100),
                violation_error_message="Le taux va de 0 à 100.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.standard}, {self.audited_on:%d/%m/%Y}"

    @property
    def conformity(self) -> Conformity:
        """Return the level that the rate earns."""
        return Conformity.of(self.rate_percent)
