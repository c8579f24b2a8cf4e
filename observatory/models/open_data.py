"""What everybody may download, and what the centre promises everybody."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from emn.lib.storage import private_storage
from observatory.funder_enums import PromiseKey


class DatasetFile(models.Model):
    """Fichier de données ouvertes: a data set as CSV, written ahead by the worker.

    `changed_at`: when its content last differed; `checked_at`: when it was last written again.
    """

    dataset = models.SlugField(_("jeu de données"), max_length=40, unique=True)
    file = models.FileField(
        _("fichier"), upload_to="donnees", storage=private_storage, max_length=150
    )
    sha256 = models.CharField(_("empreinte"), max_length=64)
    row_count = models.PositiveIntegerField(_("lignes"))
    size_bytes = models.PositiveBigIntegerField(_("taille (octets)"))
    changed_at = models.DateTimeField(_("modifié le"))
    checked_at = models.DateTimeField(_("vérifié le"))

    class Meta:
        verbose_name = _("fichier de données ouvertes")
        verbose_name_plural = _("fichiers de données ouvertes")
        default_permissions = ("view",)

    def __str__(self) -> str:
        return self.dataset


class ServiceLevel(models.Model):
    """Relevé de promesse: what one promise came to over the twelve months before a day.

    `value`: days, or % for freshness; empty when too few cases say anything. `kept`: % of the cases
    within the promise.
    """

    promise = models.CharField(_("promesse"), max_length=12, choices=PromiseKey)
    measured_on = models.DateField(_("mesuré le"))
    cases = models.PositiveIntegerField(_("cas"))
    value = models.DecimalField(_("valeur"), max_digits=8, decimal_places=1, null=True)
    kept = models.DecimalField(_("tenue (%)"), max_digits=5, decimal_places=1, null=True)

    class Meta:
        verbose_name = _("relevé de promesse")
        verbose_name_plural = _("relevés de promesse")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["promise", "measured_on"], name="observatory_servicelevel_once_a_day"
            ),
            models.CheckConstraint(
                name="observatory_servicelevel_promise_known",
                condition=Q(promise__in=PromiseKey.values),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_promise_display()} · {self.measured_on}"
