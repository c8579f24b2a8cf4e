"""What comes back: bounces, complaints, and the addresses that are not written to."""

from typing import Any, Self

from django.db import models
from django.db.models import Count, F, Max, Min, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from emn.mailings.enums import IncidentKind, IncidentSource, SuppressionReason
from emn.mailings.models.campaigns import Campaign
from emn.mailings.models.delivery import Delivery


class MailIncidentQuerySet(models.QuerySet["MailIncident"]):
    def to_read(self) -> Self:
        """Keep those that wait for a person."""
        return self.filter(kind=IncidentKind.UNREADABLE, handled_at=None)

    def refusals(self) -> Any:  # with an annotation, which the checker does not follow
        """Keep the refusals for policy (5.7.x, 5.3.4) of our messages that nobody settled.

        Annotate `domain`: who refused, empty for a service message.
        """
        about = Delivery.objects.filter(
            campaign=OuterRef("campaign"), mailbox_hash=OuterRef("mailbox_hash")
        )
        domain = Coalesce(
            Subquery(about.values("domain")[:1]), models.Value(""), output_field=models.CharField()
        )
        ours = self.filter(kind=IncidentKind.POLICY, handled_at=None).exclude(mailbox_hash="")
        return ours.annotate(domain=domain)

    def by_cause(self) -> Any:
        """Group refusals: campaign_id, title, status_code, domain, count, first, last, words."""
        rows: Any = self
        return (
            rows.values("campaign_id", "status_code", "domain", title=F("campaign__title"))
            .annotate(
                count=Count("pk"),
                first=Min("received_at"),
                last=Max("received_at"),
                words=Max("diagnostic"),
            )
            .order_by("-last", "status_code", "domain", "campaign_id")
        )


class MailIncident(models.Model):
    """Retour: what a server, a provider or a mailbox said of a message that was sent.

    `fingerprint`: SHA-256 of what was read, so that the same notice counts once. `raw` is kept only
    while a person has to read it; `diagnostic`, a server's words without any address, serves to
    look into a refusal for policy.
    """

    fingerprint = models.CharField(_("empreinte"), max_length=64, unique=True)
    kind = models.CharField(_("nature"), max_length=12, choices=IncidentKind)
    source = models.CharField(_("source"), max_length=8, choices=IncidentSource)
    mailbox_hash = models.CharField(_("empreinte de l’adresse"), max_length=64, blank=True)
    campaign = models.ForeignKey(
        Campaign,
        verbose_name=_("envoi"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="incidents",
    )
    status_code = models.CharField(_("code"), max_length=12, blank=True)
    rule = models.CharField(_("règle appliquée"), max_length=60, blank=True)
    diagnostic = models.CharField(_("réponse du serveur"), max_length=500, blank=True)
    raw = models.BinaryField(_("message reçu"), null=True, blank=True)
    received_at = models.DateTimeField(_("reçu le"))
    handled_at = models.DateTimeField(_("traité le"), null=True, blank=True)

    objects = models.Manager.from_queryset(MailIncidentQuerySet)()

    class Meta:
        verbose_name = _("retour de courriel")
        verbose_name_plural = _("retours de courriel")
        default_permissions = ("view",)
        permissions = [("handle_incident", "Traiter un retour de courriel")]
        constraints = [
            models.CheckConstraint(
                name="mailings_mailincident_kind", condition=Q(kind__in=IncidentKind.values)
            ),
        ]
        indexes = [
            models.Index(F("mailbox_hash"), F("received_at"), name="mailings_mailincident_box"),
            models.Index(
                F("received_at"),
                name="mailings_mailincident_todo",
                condition=Q(kind=IncidentKind.UNREADABLE, handled_at=None),
            ),
            models.Index(
                F("received_at"),
                name="mailings_mailincident_refusals",
                condition=Q(kind=IncidentKind.POLICY, handled_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.received_at:%Y-%m-%d}"


class SuppressionQuerySet(models.QuerySet["Suppression"]):
    def active(self) -> Self:
        """Keep those that still hold."""
        return self.filter(lifted_at=None)

    def asked_for_review(self) -> Self:
        """Keep those that still hold though the person wants letters again."""
        return self.active().exclude(review_asked_at=None)


class Suppression(models.Model):
    """Blocage: a mailbox that no list writes to, known by its hash alone (R2.05, R3.07)."""

    mailbox_hash = models.CharField(_("empreinte de l’adresse"), max_length=64)
    reason = models.CharField(_("raison"), max_length=10, choices=SuppressionReason)
    status_code = models.CharField(_("code"), max_length=12, blank=True)
    created_at = models.DateTimeField(_("depuis le"))
    review_asked_at = models.DateTimeField(_("réactivation demandée le"), null=True, blank=True)
    lifted_at = models.DateTimeField(_("levé le"), null=True, blank=True)

    objects = models.Manager.from_queryset(SuppressionQuerySet)()

    class Meta:
        verbose_name = _("adresse bloquée")
        verbose_name_plural = _("adresses bloquées")
        default_permissions = ("view",)
        permissions = [("lift_suppression", "Bloquer ou débloquer une adresse")]
        constraints = [
            models.UniqueConstraint(
                fields=["mailbox_hash"],
                condition=Q(lifted_at=None),
                name="mailings_suppression_once_active",
            ),
            models.CheckConstraint(
                name="mailings_suppression_reason",
                condition=Q(reason__in=SuppressionReason.values),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_reason_display()} {self.created_at:%Y-%m-%d}"
