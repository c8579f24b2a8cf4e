"""What a provider answers in public, to its index or to a review: read by staff, then shown."""

from datetime import datetime
from typing import Self, TypeVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from directory.enums import ReplyStatus

LONGEST_REPLY = 1500  # signs
Reply = TypeVar("Reply", bound="PublicReply")


class ReplyQuerySet(models.QuerySet[Reply]):
    """Questions about replies."""

    def waiting(self) -> Self:
        """Keep those that staff has not read."""
        return self.filter(status=ReplyStatus.WAITING)

    def due(self, *, now: datetime) -> Self:
        """Keep those whose delay runs out: they are published whoever has not read them."""
        return self.waiting().filter(due_at__lte=now)

    def published(self) -> Self:
        """Keep those that everyone reads."""
        return self.filter(status=ReplyStatus.PUBLISHED)


class PublicReply(models.Model):
    """A reply, published within seven days (R1.17); what it answers is each kind's own."""

    text = models.TextField(_("réponse"), max_length=LONGEST_REPLY)
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("écrite par"),
    )
    written_at = models.DateTimeField(_("reçue le"))
    due_at = models.DateTimeField(_("à publier avant le"))
    status = models.CharField(
        _("état"), max_length=10, choices=ReplyStatus, default=ReplyStatus.WAITING
    )
    refusal = models.TextField(_("motif du refus"), max_length=1000, blank=True)
    decided_at = models.DateTimeField(_("traitée le"), null=True, blank=True)

    class Meta:
        abstract = True
