"""Files of cards that come in and go out."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from directory.enums import ExportStatus, FileFormat, ImportStatus
from emn.lib.storage import private_storage

STALE_AFTER = timedelta(minutes=15)  # without news, the worker is taken for dead


class FileImport(models.Model):
    """A file that is read whole by a worker, shown, then written whole or not at all.

    `errors`: [line, words], the first ones; `error_count` counts them all.
    """

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
        return self.status in {ImportStatus.WAITING, ImportStatus.CHECKING, ImportStatus.WRITING}

    def is_stale(self, *, now: datetime) -> bool:
        """Tell whether its worker was not heard of for long."""
        return self.is_running and (self.alive_at or self.created_at) < now - STALE_AFTER


class CardImport(FileImport):
    """Import de fiches."""

    new_count = models.PositiveIntegerField(_("fiches nouvelles"), default=0)
    changed_count = models.PositiveIntegerField(_("fiches changées"), default=0)

    class Meta(FileImport.Meta):
        verbose_name = _("import de fiches")
        verbose_name_plural = _("imports de fiches")
        permissions = [("import_cards", _("Peut importer des fiches"))]


class CardExport(models.Model):
    """Export de fiches: the cards of a choice of filters, in a file for the one who asked."""

    format = models.CharField(_("format"), max_length=5, choices=FileFormat)
    filters = models.JSONField(_("filtres"), default=dict)
    status = models.CharField(
        _("état"), max_length=10, choices=ExportStatus, default=ExportStatus.WAITING
    )
    alive_at = models.DateTimeField(null=True, blank=True)
    file = models.FileField(upload_to="exports/", storage=private_storage, blank=True)
    row_count = models.PositiveIntegerField(_("fiches"), default=0)
    created_at = models.DateTimeField(_("demandé le"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="+",
        verbose_name=_("demandé par"),
    )

    class Meta:
        verbose_name = _("export de fiches")
        verbose_name_plural = _("exports de fiches")
        permissions = [("export_cards", _("Peut exporter des fiches"))]
        constraints = [
            models.CheckConstraint(
                name="directory_cardexport_ready_has_file",
                condition=~Q(status=ExportStatus.READY) | ~Q(file=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_format_display()} · {self.created_at:%d/%m/%Y %H:%M}"
