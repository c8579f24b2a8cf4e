"""Searches that someone follows by e-mail, without an account (mechanics 1.9)."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from directory.enums import AlertFrequency
from emn.accounts.retention import periods

LONGEST_SEARCH = 1_000  # signs of a query string


class SearchAlertQuerySet(models.QuerySet["SearchAlert"]):
    """Questions about alerts."""

    def alive(self) -> Self:
        """Keep those that are not stopped, confirmed or not yet."""
        return self.filter(stopped_at=None)

    def active(self) -> Self:
        """Keep those that write."""
        return self.alive().filter(confirmed_at__isnull=False)

    def due(self, *, now: datetime) -> Self:
        """Keep those whose turn has come."""
        return self.active().filter(next_digest_at__lte=now)


class SearchAlert(models.Model):
    """Alerte: a search whose new cards are sent to an address that confirmed it.

    `parameters` is the search as the list's address says it, in one canonical order. `known` are
    the cards that answered when it began or were told since, as a bitmap (pyroaring): none is told
    twice. `seen_until` is up to when the index was read. A stopped alert keeps the proof of the
    consent and of its end, without the address (rules R2.04, R2.05).
    """

    email = models.EmailField(_("adresse électronique"), blank=True)
    mailbox_hash = models.CharField(_("empreinte du destinataire"), max_length=64)
    parameters = models.CharField(_("recherche"), max_length=LONGEST_SEARCH, blank=True)
    frequency = models.CharField(
        _("fréquence"), max_length=6, choices=AlertFrequency, default=AlertFrequency.WEEKLY
    )
    language = models.CharField(_("langue"), max_length=2, choices=settings.LANGUAGES)
    consent_text_hash = models.CharField(_("empreinte du texte accepté"), max_length=64)
    requested_at = models.DateTimeField(_("demandée le"))
    confirmed_at = models.DateTimeField(_("confirmée le"), null=True, blank=True)
    renewed_at = models.DateTimeField(_("prolongée le"), null=True, blank=True)
    stopped_at = models.DateTimeField(_("arrêtée le"), null=True, blank=True)
    seen_until = models.DateTimeField(_("lue jusqu’au"), null=True, blank=True)
    next_digest_at = models.DateTimeField(_("prochain envoi"), null=True, blank=True)
    known = models.BinaryField(_("fiches déjà connues"), default=bytes)

    objects = models.Manager.from_queryset(SearchAlertQuerySet)()

    class Meta:
        verbose_name = _("alerte")
        verbose_name_plural = _("alertes")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["mailbox_hash", "parameters"],
                condition=Q(stopped_at=None),
                name="directory_searchalert_once_per_mailbox",
            ),
            models.CheckConstraint(
                name="directory_searchalert_frequency",
                condition=Q(frequency__in=AlertFrequency.values),
            ),
            models.CheckConstraint(
                name="directory_searchalert_address_until_stopped",
                condition=Q(stopped_at=None) ^ Q(email=""),
            ),
            models.CheckConstraint(
                name="directory_searchalert_confirmed_has_its_dates",
                condition=Q(confirmed_at=None)
                | Q(
                    renewed_at__isnull=False,
                    seen_until__isnull=False,
                    next_digest_at__isnull=False,
                ),
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_digest_at"],
                name="directory_alert_due",
                condition=Q(stopped_at=None, confirmed_at__isnull=False),
            ),
            models.Index(fields=["email"], name="directory_alert_email"),
        ]

    def __str__(self) -> str:
        return self.parameters or "*"

    @property
    def is_active(self) -> bool:
        """Whether it writes."""
        return self.confirmed_at is not None and self.stopped_at is None

    @property
    def ends_at(self) -> datetime | None:
        """When it ends unless it is renewed; None before it is confirmed."""
        lasts = periods()["active_alert"].length
        return self.renewed_at + lasts if self.renewed_at else None
