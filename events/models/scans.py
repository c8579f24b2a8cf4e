"""What happened at the door: a log that is only ever added to."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from events.enums import ScanOutcome
from events.models.registrations import Registration
from events.models.sessions import Session


class Scan(models.Model):
    """Pointage: one act at the door, as the database keeps it for good.

    `client_id` is chosen by whoever scans, before sending: the same act sent twice is one row.
    `scanned_at`: when it happened at the door; `received_at`: when it reached the portal.
    """

    session = models.ForeignKey(
        Session, models.PROTECT, related_name="scans", verbose_name=_("session")
    )
    registration = models.ForeignKey(
        Registration, models.PROTECT, null=True, blank=True, related_name="scans",
        verbose_name=_("inscription"),
    )  # fmt: skip
    client_id = models.UUIDField(_("identifiant du pointage"), default=uuid.uuid4, unique=True)
    outcome = models.CharField(_("résultat"), max_length=10, choices=ScanOutcome)
    scanned_at = models.DateTimeField(_("pointé le"))
    received_at = models.DateTimeField(_("reçu le"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+",
        verbose_name=_("par"),
    )  # fmt: skip

    class Meta:
        verbose_name = _("pointage")
        verbose_name_plural = _("pointages")
        default_permissions = ("view",)
        permissions = [("scan_ticket", _("Peut lire les billets à l’entrée"))]
        constraints = [
            models.CheckConstraint(
                name="events_scan_outcome_known", condition=Q(outcome__in=ScanOutcome.values)
            ),
            models.CheckConstraint(
                name="events_scan_unknown_is_nobody",
                condition=Q(outcome=ScanOutcome.UNKNOWN) ^ Q(registration__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["session", "-id"], name="events_scan_last"),
        ]

    def __str__(self) -> str:
        return f"{self.pk} · {self.get_outcome_display()}"
