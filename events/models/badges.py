"""Sheets of badges that the worker composes, kept for a day."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from events.enums import BadgeLayout
from events.models.sessions import Session


class BadgeSheet(models.Model):
    """Planche de badges: asked for at the door, composed by the worker, forgotten within a day.

    `started_at`: when the worker took it; `content`: the PDF, empty until `finished_at`.
    """

    session = models.ForeignKey(
        Session, models.CASCADE, related_name="badge_sheets", verbose_name=_("session")
    )
    layout = models.CharField(_("planche"), max_length=6, choices=BadgeLayout)
    count = models.PositiveIntegerField(_("badges"), default=0)
    content = models.BinaryField(_("document"), default=b"")
    asked_at = models.DateTimeField(_("demandée le"))
    started_at = models.DateTimeField(_("commencée le"), null=True, blank=True)
    finished_at = models.DateTimeField(_("terminée le"), null=True, blank=True)

    class Meta:
        verbose_name = _("planche de badges")
        verbose_name_plural = _("planches de badges")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                name="events_badgesheet_layout_known", condition=Q(layout__in=BadgeLayout.values)
            ),
            models.CheckConstraint(
                name="events_badgesheet_finished_has_content",
                condition=Q(finished_at=None, content=b"")
                | (Q(finished_at__isnull=False) & ~Q(content=b"")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk} · {self.get_layout_display()}"
