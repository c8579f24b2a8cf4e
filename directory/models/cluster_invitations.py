"""Whom the animator of a grappe invites by e-mail."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from directory.models.clusters import Cluster


class ClusterInvitationQuerySet(models.QuerySet["ClusterInvitation"]):
    """Questions about invitations."""

    def pending(self) -> Self:
        """Keep those neither accepted nor taken back, out of time or not."""
        return self.filter(accepted_at=None, cancelled_at=None)

    def open(self, *, now: datetime) -> Self:
        """Keep those that may be accepted."""
        return self.pending().filter(expires_at__gt=now, cluster__ended_at=None)


class ClusterInvitation(models.Model):
    """Invitation par l’animateur: an address whose company may enter a grappe, for a month.

    `email` is folded: lower case. Only an account with that address, confirmed, may accept, for a
    company that it commits.
    """

    cluster = models.ForeignKey(
        Cluster, models.CASCADE, related_name="invitations", verbose_name=_("grappe")
    )
    email = models.EmailField(_("adresse"))
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+",
        verbose_name=_("invitée par"),
    )  # fmt: skip
    invited_at = models.DateTimeField(_("invitée le"))
    expires_at = models.DateTimeField(_("valable jusqu’au"))
    accepted_at = models.DateTimeField(_("acceptée le"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("reprise le"), null=True, blank=True)

    objects = models.Manager.from_queryset(ClusterInvitationQuerySet)()

    class Meta:
        verbose_name = _("invitation par l’animateur")
        verbose_name_plural = _("invitations par les animateurs")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["cluster", "email"],
                condition=Q(accepted_at=None, cancelled_at=None),
                name="directory_clusterinvitation_one_pending",
            ),
            models.CheckConstraint(
                name="directory_clusterinvitation_email_folded",
                condition=~Q(email__regex="[A-Z]"),
            ),
            models.CheckConstraint(
                name="directory_clusterinvitation_one_end",
                condition=Q(accepted_at=None) | Q(cancelled_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cluster} · {self.email}"
