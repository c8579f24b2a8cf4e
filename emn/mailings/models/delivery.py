"""The ledger of deliveries: one row per envoi and person, so that nobody gets two copies."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from emn.mailings.enums import DeliveryState, Skip
from emn.mailings.models.campaigns import Campaign
from emn.mailings.models.consent import Subscriber

_RECEIVED = Q(state__in=[DeliveryState.SENT, DeliveryState.UNKNOWN])  # as its index says


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def due(self, *, now: datetime) -> Self:
        """Rows whose turn has come."""
        return self.filter(state=DeliveryState.WAITING, next_attempt_at__lte=now)

    def after(self, last: tuple[datetime, int] | None) -> Self:
        """Rows whose turn comes after that (next attempt, key), to go on without the dead ones."""
        if last is None:
            return self
        at, pk = last
        return self.filter(next_attempt_at__gte=at).exclude(next_attempt_at=at, pk__lte=pk)

    def received(self) -> Self:
        """Rows whose person has the message, or may have it."""
        return self.filter(_RECEIVED)

    def in_flight(self) -> Self:
        """Rows that a worker has taken; when it is dead, nobody knows what became of them."""
        return self.filter(state=DeliveryState.SENDING)

    def in_doubt(self) -> Self:
        """Rows of which nobody knows whether they left."""
        return self.filter(state=DeliveryState.UNKNOWN)


class Delivery(models.Model):
    """Remise: one envoi for one person. At most once: what a crash leaves in doubt is UNKNOWN.

    The address is read from the subscriber when it is sent (R3.10); the row keeps its hash and its
    domain. The Message-ID is made of the row's number: the same at each attempt. `claim` is the run
    that took it (services.delivery).
    """

    campaign = models.ForeignKey(
        Campaign,
        verbose_name=_("envoi"),
        on_delete=models.CASCADE,
        related_name="deliveries",
        db_index=False,  # the constraint's begins with it
    )
    subscriber = models.ForeignKey(
        Subscriber,
        verbose_name=_("abonné"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="deliveries",
    )
    mailbox_hash = models.CharField(_("empreinte de l’adresse"), max_length=64)
    domain = models.CharField(_("domaine"), max_length=255)
    language = models.CharField(_("langue"), max_length=2, choices=settings.LANGUAGES)
    state = models.CharField(
        _("état"), max_length=8, choices=DeliveryState, default=DeliveryState.WAITING
    )
    skip_reason = models.CharField(_("pourquoi"), max_length=12, choices=Skip, blank=True)
    attempts = models.PositiveSmallIntegerField(_("tentatives"), default=0)
    next_attempt_at = models.DateTimeField(_("prochain essai"))
    claim = models.UUIDField(_("prise en charge"), null=True, blank=True)
    claimed_at = models.DateTimeField(_("pris en charge le"), null=True, blank=True)
    settled_at = models.DateTimeField(_("réglé le"), null=True, blank=True)
    code = models.CharField(_("réponse du relais"), max_length=12, blank=True)

    objects = models.Manager.from_queryset(DeliveryQuerySet)()

    class Meta:
        verbose_name = _("remise")
        verbose_name_plural = _("remises")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "mailbox_hash"], name="mailings_delivery_once_per_person"
            ),
            models.CheckConstraint(
                name="mailings_delivery_state",
                condition=Q(state=DeliveryState.WAITING, claim=None, settled_at=None)
                | Q(
                    state=DeliveryState.SENDING,
                    claim__isnull=False,
                    claimed_at__isnull=False,
                    settled_at=None,
                )
                | Q(
                    state__in=[
                        DeliveryState.SENT,
                        DeliveryState.REFUSED,
                        DeliveryState.UNKNOWN,
                        DeliveryState.SKIPPED,
                    ],
                    settled_at__isnull=False,
                ),
                violation_error_message=_("L’état d’une remise et ses dates vont ensemble."),
            ),
            models.CheckConstraint(
                name="mailings_delivery_skip",
                condition=Q(state=DeliveryState.SKIPPED, skip_reason__in=Skip.values)
                | (~Q(state=DeliveryState.SKIPPED) & Q(skip_reason="")),
            ),
        ]
        indexes = [
            models.Index(
                F("campaign"),
                F("next_attempt_at"),
                F("id"),
                name="mailings_delivery_due",
                condition=Q(state=DeliveryState.WAITING),
            ),
            models.Index(
                F("mailbox_hash"),  # a person's own: entries that died since are passed quickly
                name="mailings_delivery_in_flight",
                condition=Q(state=DeliveryState.SENDING),
            ),
            models.Index(
                F("mailbox_hash"),
                F("settled_at"),
                name="mailings_delivery_pressure",
                condition=_RECEIVED,
            ),
            models.Index(
                F("campaign"),
                F("id"),
                name="mailings_delivery_doubts",
                condition=Q(state=DeliveryState.UNKNOWN),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.pk}"


class Allowance(models.Model):
    """Réserve: how many messages a relay or a domain may still get at an instant."""

    key = models.CharField(_("relais ou domaine"), max_length=255, primary_key=True)
    left = models.FloatField(_("reste"))
    filled_at = models.DateTimeField(_("compté le"))

    class Meta:
        verbose_name = _("réserve d’envois")
        verbose_name_plural = _("réserves d’envois")
        default_permissions = ()

    def __str__(self) -> str:
        return self.key
