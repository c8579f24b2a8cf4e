"""What companies like yours come to, frozen until enough of them have changed."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from diagnostics.enums import Depth
from diagnostics.models.diagnostics import ReferentialVersion


class BenchmarkCell(models.Model):
    """Repère: the mean scores of the companies of one size, or of one size and sector.

    `sector`: a family of `diagnostics.sectors`, empty for all; `axes`: axis → mean, a whole number,
    null where too few are known; `members`: SIREN → diagnostic, never shown. One that may no
    more be shown stays as it was: if it comes back, it is compared with what everybody saw last.
    """

    referential = models.ForeignKey(
        ReferentialVersion, models.CASCADE, related_name="+",
        verbose_name=_("version du référentiel"),
    )  # fmt: skip
    depth = models.CharField(_("profondeur"), max_length=10, choices=Depth)
    size = models.CharField(_("taille"), max_length=40)
    sector = models.CharField(_("secteur"), max_length=20, blank=True)
    count = models.PositiveIntegerField(_("entreprises"))
    axes: "models.JSONField[Any, Any]" = models.JSONField(_("moyennes"))
    members: "models.JSONField[Any, Any]" = models.JSONField(_("diagnostics comptés"))
    made_on = models.DateField(_("calculé le"))
    is_shown = models.BooleanField(_("montré"), default=True, db_default=True)

    class Meta:
        verbose_name = _("repère")
        verbose_name_plural = _("repères")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["referential", "depth", "size", "sector"],
                name="diagnostics_benchmarkcell_once",
            ),
            models.CheckConstraint(
                name="diagnostics_benchmarkcell_count_is_safe", condition=Q(count__gte=10)
            ),
            models.CheckConstraint(
                name="diagnostics_benchmarkcell_depth_known", condition=Q(depth__in=Depth.values)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.size} {self.sector} ({self.count})"
