"""An interview on site: what was said and seen, act by act; what was concluded and signed."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from diagnostics.enums import ActKind, DocumentKind, Party
from diagnostics.models.diagnostics import Diagnostic
from emn.lib.storage import private_storage


class InterviewAct(models.Model):
    """Acte d’entretien: a value declared or observed, or a note, on one question; only ever added.

    `client_id`: made on the device, the same act sent twice is one row; `acted_at`: by the clock of
    the device, never after `received_at`; `is_late`: it came after the signature and counts for
    nothing. What holds is the act of the latest `acted_at`, then of the greatest `client_id`.
    """

    diagnostic = models.ForeignKey(
        Diagnostic, models.CASCADE, related_name="acts", verbose_name=_("diagnostic")
    )
    client_id = models.UUIDField(_("identifiant de l’appareil"), unique=True)
    kind = models.CharField(_("acte"), max_length=8, choices=ActKind)
    question = models.CharField(_("question"), max_length=40)
    value: "models.JSONField[Any, Any]" = models.JSONField(_("valeur"), null=True)
    acted_at = models.DateTimeField(_("fait le"))
    received_at = models.DateTimeField(_("reçu le"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+",
        verbose_name=_("par"),
    )  # fmt: skip
    is_late = models.BooleanField(_("après la signature"), default=False)

    class Meta:
        verbose_name = _("acte d’entretien")
        verbose_name_plural = _("actes d’entretien")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                name="diagnostics_interviewact_kind_known", condition=Q(kind__in=ActKind.values)
            ),
            models.CheckConstraint(
                name="diagnostics_interviewact_not_in_the_future",
                condition=Q(acted_at__lte=models.F("received_at")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.question} · {self.get_kind_display()}"


class EvidencePhoto(models.Model):
    """Photo de constat: written again by the portal, seen by the adviser and the company alone."""

    diagnostic = models.ForeignKey(
        Diagnostic, models.CASCADE, related_name="photos", verbose_name=_("diagnostic")
    )
    client_id = models.UUIDField(_("identifiant de l’appareil"), unique=True)
    question = models.CharField(_("question"), max_length=40)
    file = models.FileField(
        _("image"), upload_to="constats", storage=private_storage, max_length=150
    )
    taken_at = models.DateTimeField(_("prise le"))
    received_at = models.DateTimeField(_("reçue le"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+",
        verbose_name=_("par"),
    )  # fmt: skip

    class Meta:
        verbose_name = _("photo de constat")
        verbose_name_plural = _("photos de constat")
        default_permissions = ()

    def __str__(self) -> str:
        return self.question


class Synthesis(models.Model):
    """Synthèse: three strengths, three risks, three dated priorities, and the plan agreed upon.

    `priorities`: `{"text", "who", "due_on"}` (ISO day); `measures`: codes of the referential;
    `other_aid_cents`: the aid de minimis of three years that the company declares (R7.10).
    `shown`: what was on the screen when the first of both signed, of which each signs the SHA-256.
    """

    diagnostic = models.OneToOneField(
        Diagnostic, models.CASCADE, related_name="synthesis", verbose_name=_("diagnostic")
    )
    strengths: "models.JSONField[Any, Any]" = models.JSONField(_("points forts"))
    risks: "models.JSONField[Any, Any]" = models.JSONField(_("risques"))
    priorities: "models.JSONField[Any, Any]" = models.JSONField(_("priorités"))
    measures: "models.JSONField[Any, Any]" = models.JSONField(_("plan retenu"), default=list)
    other_aid_cents = models.PositiveBigIntegerField(
        _("autres aides déclarées (centimes)"), default=0
    )
    written_at = models.DateTimeField(_("écrite le"))
    shown: "models.JSONField[Any, Any]" = models.JSONField(_("texte signé"), null=True)

    class Meta:
        verbose_name = _("synthèse")
        verbose_name_plural = _("synthèses")
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.diagnostic_id)


class VisitSignature(models.Model):
    """Signature de visite: one of both parties signed, then, what has this SHA-256."""

    diagnostic = models.ForeignKey(
        Diagnostic, models.CASCADE, related_name="signatures", verbose_name=_("diagnostic")
    )
    party = models.CharField(_("partie"), max_length=7, choices=Party)
    full_name = models.CharField(_("nom et prénom"), max_length=150)
    drawing = models.TextField(_("tracé"), blank=True)
    shown_sha256 = models.CharField(_("empreinte signée"), max_length=64)
    signed_at = models.DateTimeField(_("signé le"))

    class Meta:
        verbose_name = _("signature de visite")
        verbose_name_plural = _("signatures de visite")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["diagnostic", "party"], name="diagnostics_visitsignature_once"
            ),
            models.CheckConstraint(
                name="diagnostics_visitsignature_party_known", condition=Q(party__in=Party.values)
            ),
            models.CheckConstraint(
                name="diagnostics_visitsignature_sha256_format",
                condition=Q(shown_sha256__regex=r"^[0-9a-f]{64}$"),
            ),
        ]

    def __str__(self) -> str:
        return self.get_party_display()


class DiagnosticDocument(models.Model):
    """Document de diagnostic: the report or the attestation of aid, as it was issued."""

    diagnostic = models.ForeignKey(
        Diagnostic, models.CASCADE, related_name="documents", verbose_name=_("diagnostic")
    )
    kind = models.CharField(_("document"), max_length=11, choices=DocumentKind)
    content = models.BinaryField(_("contenu"))
    sha256 = models.CharField(_("empreinte"), max_length=64)
    issued_at = models.DateTimeField(_("émis le"))

    class Meta:
        verbose_name = _("document de diagnostic")
        verbose_name_plural = _("documents de diagnostic")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["diagnostic", "kind"], name="diagnostics_diagnosticdocument_once"
            ),
            models.CheckConstraint(
                name="diagnostics_diagnosticdocument_kind_known",
                condition=Q(kind__in=DocumentKind.values),
            ),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()
