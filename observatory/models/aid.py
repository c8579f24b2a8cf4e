"""What the centre gave a company as an aid, and what a company declares of itself."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from observatory.funder_enums import AidRegime, AidService, SizeClass

SIREN = r"^\d{9}$"


class SizeDeclaration(models.Model):
    """Déclaration de taille: what a company says of its whole group, on a day (R7.04).

    `size`: of the Recommendation 2003/361/EC, computed when it is written.
    """

    siren = models.CharField(_("SIREN"), max_length=9)
    declared_on = models.DateField(_("déclarée le"))
    staff = models.PositiveIntegerField(_("effectif du groupe (unités de travail par an)"))
    turnover_cents = models.PositiveBigIntegerField(_("chiffre d’affaires (centimes)"))
    balance_cents = models.PositiveBigIntegerField(_("total du bilan (centimes)"))
    size = models.CharField(_("taille"), max_length=6, choices=SizeClass, editable=False)

    class Meta:
        verbose_name = _("déclaration de taille")
        verbose_name_plural = _("déclarations de taille")
        constraints = [
            models.CheckConstraint(
                name="observatory_sizedeclaration_siren_is_9_digits",
                condition=Q(siren__regex=SIREN),
                violation_error_message=_("Un SIREN compte 9 chiffres."),
            ),
            models.CheckConstraint(
                name="observatory_sizedeclaration_size_known",
                condition=Q(size__in=SizeClass.values),
            ),
        ]
        indexes = [
            models.Index(fields=["siren", "declared_on"], name="observatory_size_of_company")
        ]

    def __str__(self) -> str:
        return f"{self.siren} · {self.get_size_display()}"


class AidGrantQuerySet(models.QuerySet["AidGrant"]):
    """Questions about grants."""

    def standing(self) -> Self:
        """Keep those that count: neither taken back, nor what takes another back."""
        return self.filter(cancels=None, cancelled_by=None)


class AidGrant(models.Model):
    """Aide accordée: an individual service worth more than its price (R7.12); only ever added.

    Visits are not here: what both signed says their aid, and the register reads it there.
    `declared_cents`: the other aid de minimis of three years, by the company’s own declaration of
    `declared_on` (R7.10). `cancels`: the grant that this one takes back, as a whole.
    """

    siren = models.CharField(_("SIREN"), max_length=9)
    name = models.CharField(_("nom"), max_length=200)
    service = models.CharField(_("service"), max_length=8, choices=AidService)
    label = models.CharField(_("prestation"), max_length=200)
    regime = models.CharField(_("régime"), max_length=10, choices=AidRegime)
    granted_on = models.DateField(_("date d’octroi"))
    value_cents = models.PositiveBigIntegerField(_("valeur de la prestation (centimes)"))
    price_cents = models.PositiveBigIntegerField(_("prix payé (centimes)"))
    aid_cents = models.PositiveBigIntegerField(_("équivalent-subvention brut (centimes)"))
    scale = models.CharField(_("barème"), max_length=60)
    declared_cents = models.PositiveBigIntegerField(_("autres aides déclarées (centimes)"))
    declared_on = models.DateField(_("déclaration du"))
    cancels = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="cancelled_by",
        verbose_name=_("reprend"),
    )  # fmt: skip
    noted_at = models.DateTimeField(_("noté le"))
    noted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+",
        verbose_name=_("noté par"),
    )  # fmt: skip

    objects = models.Manager.from_queryset(AidGrantQuerySet)()

    class Meta:
        verbose_name = _("aide accordée")
        verbose_name_plural = _("aides accordées")
        default_permissions = ("view",)
        permissions = [("grant_aid", _("Peut accorder des aides et établir des attestations"))]
        constraints = [
            models.CheckConstraint(
                name="observatory_aidgrant_siren_is_9_digits", condition=Q(siren__regex=SIREN)
            ),
            models.CheckConstraint(
                name="observatory_aidgrant_choices_known",
                condition=Q(service__in=AidService.values, regime__in=AidRegime.values),
            ),
            models.CheckConstraint(
                name="observatory_aidgrant_aid_is_value_less_price",
                condition=Q(value_cents__gte=F("price_cents"))
                & Q(aid_cents=F("value_cents") - F("price_cents")),
            ),
            models.CheckConstraint(
                name="observatory_aidgrant_declared_before",
                condition=Q(declared_on__lte=F("granted_on")),
            ),
        ]
        indexes = [
            models.Index(fields=["siren", "granted_on"], name="observatory_aid_of_company"),
            models.Index(fields=["granted_on"], name="observatory_aid_by_day"),
        ]

    def __str__(self) -> str:
        return f"{self.siren} · {self.label}"


class AidAttestation(models.Model):
    """Attestation de minimis: what the centre gave one company, as of a day; never changed.

    `content`: all that it says; its PDF is written of it, the same each time (R7.13).
    """

    siren = models.CharField(_("SIREN"), max_length=9)
    name = models.CharField(_("nom"), max_length=200)
    as_of = models.DateField(_("au"))
    content: "models.JSONField[Any, Any]" = models.JSONField(_("ce qu’elle dit"))
    sha256 = models.CharField(_("empreinte"), max_length=64)
    issued_at = models.DateTimeField(_("établie le"))
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+",
        verbose_name=_("établie par"),
    )  # fmt: skip

    class Meta:
        verbose_name = _("attestation de minimis")
        verbose_name_plural = _("attestations de minimis")
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                name="observatory_aidattestation_siren_is_9_digits", condition=Q(siren__regex=SIREN)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.siren} · {self.as_of}"
