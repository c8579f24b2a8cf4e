"""What every import is made of."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from emn.lib.file_imports.enums import RUNNING, WITHOUT_ERROR, ImportStatus
from emn.lib.storage import private_storage

STALE_AFTER = timedelta(minutes=15)  # without news, the worker is taken for dead


class FileImport(models.Model):
    """A file that is read whole by a worker, shown, then written whole or not at all.

    `errors`: [line, words], the first ones; `error_count` counts them all.
    `abandoned_from`: the states in which it may be given up, those that leave a file behind.
    """

    abandoned_from: ClassVar[frozenset[ImportStatus]] = frozenset(
        {ImportStatus.READY, ImportStatus.REFUSED, ImportStatus.FAILED}
    )

    file = models.FileField(upload_to="imports/", storage=private_storage, blank=True)
    name = models.CharField(_("fichier"), max_length=200)
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
    error_count = models.PositiveIntegerField(_("lignes refusées"), default=0)
    errors = models.JSONField(_("erreurs"), default=list)
    finished_at = models.DateTimeField(_("terminé le"), null=True, blank=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_status_known",
                condition=Q(status__in=ImportStatus.values),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_ready_has_no_error",
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
        return self.status in RUNNING

    @property
    def is_counted(self) -> bool:
        """Whether it is known what the file would write, or wrote."""
        return self.status in WITHOUT_ERROR

    @property
    def more_errors(self) -> int:
        """How many lines are to be corrected beside those that are kept."""
        return self.error_count - len(self.errors)

    def is_stale(self, *, now: datetime) -> bool:
        """Tell whether its worker was not heard of for long."""
        return self.is_running and (self.alive_at or self.created_at) < now - STALE_AFTER
