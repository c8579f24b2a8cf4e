"""Files of cards that come in and go out."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from directory.enums import ExportStatus, FileFormat
from emn.lib.file_imports.models import FileImport
from emn.lib.storage import private_storage


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
