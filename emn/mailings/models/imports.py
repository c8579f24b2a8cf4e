"""Files of people that come in."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from emn.lib.storage import private_storage
from emn.mailings.enums import Basis, ImportStatus
from emn.mailings.models.consent import MailingList

INFORM_WITHIN = timedelta(days=28)  # RGPD, article 14(3): a month, the shortest one
STALE_AFTER = timedelta(minutes=15)  # without news, the worker is taken for dead


class SubscriberImport(models.Model):
    """Import d’abonnés: a file of people, read whole, then written whole or not at all.

    `errors`: [line, words], the first ones, without any address; `error_count` counts them all.
    `new_count`: people the portal did not know; `added_count`: people the list did not write to.
    `informed_count`: of these, who was sent the notice of article 14, the last at `informed_at`.
    """

    file = models.FileField(upload_to="subscribers/", storage=private_storage, blank=True)
    name = models.CharField(_("fichier"), max_length=200)
    mailing_list = models.ForeignKey(
        MailingList, models.PROTECT, related_name="+", verbose_name=_("liste")
    )
    basis = models.CharField(_("fondement"), max_length=12, choices=Basis)
    status = models.CharField(
        _("état"), max_length=10, choices=ImportStatus, default=ImportStatus.WAITING
    )
    created_at = models.DateTimeField(_("déposé le"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("déposé par"),
    )
    alive_at = models.DateTimeField(null=True, blank=True)
    line_count = models.PositiveIntegerField(_("lignes lues"), default=0)
    new_count = models.PositiveIntegerField(_("personnes nouvelles"), default=0)
    added_count = models.PositiveIntegerField(_("inscriptions"), default=0)
    error_count = models.PositiveIntegerField(_("lignes refusées"), default=0)
    errors = models.JSONField(_("erreurs"), default=list)
    informed_count = models.PositiveIntegerField(_("personnes informées"), default=0)
    informed_at = models.DateTimeField(_("dernières informées le"), null=True, blank=True)
    finished_at = models.DateTimeField(_("terminé le"), null=True, blank=True)

    class Meta:
        verbose_name = _("import d’abonnés")
        verbose_name_plural = _("imports d’abonnés")
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                name="mailings_subscriberimport_status",
                condition=Q(status__in=ImportStatus.values),
            ),
            models.CheckConstraint(
                name="mailings_subscriberimport_basis", condition=Q(basis__in=Basis.values)
            ),
            models.CheckConstraint(
                name="mailings_subscriberimport_ready_has_no_error",
                condition=~Q(
                    status__in=[ImportStatus.READY, ImportStatus.WRITING, ImportStatus.WRITTEN]
                )
                | Q(error_count=0),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_running(self) -> bool:
        """Whether a worker has it, or will."""
        return self.status in {ImportStatus.WAITING, ImportStatus.CHECKING, ImportStatus.WRITING}

    @property
    def known_count(self) -> int:
        """People whom the list writes to already, and who are left as they are."""
        return self.line_count - self.added_count

    @property
    def inform_by(self) -> datetime | None:
        """Until when the people of a file that was written must be informed (article 14)."""
        return self.finished_at and self.finished_at + INFORM_WITHIN

    def is_stale(self, *, now: datetime) -> bool:
        """Tell whether its worker was not heard of for long."""
        return self.is_running and (self.alive_at or self.created_at) < now - STALE_AFTER
