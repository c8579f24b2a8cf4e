"""Whom the animator of a grappe invites by e-mail."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from directory.models.clusters import Cluster
from directory.models.invitations import Invitation, InvitationQuerySet


class ClusterInvitationQuerySet(InvitationQuerySet["ClusterInvitation"]):
    """Questions about invitations."""

    def open(self, *, now: datetime) -> Self:
        """Keep those that may be accepted: the grappe goes on too."""
        return super().open(now=now).filter(cluster__ended_at=None)


class ClusterInvitation(Invitation):
    """Invitation par l’animateur: an address whose company may enter a grappe, for a month.

    It is accepted for a company that the account commits.
    """

    cluster = models.ForeignKey(
        Cluster, models.CASCADE, related_name="invitations", verbose_name=_("grappe")
    )

    objects = models.Manager.from_queryset(ClusterInvitationQuerySet)()

    class Meta(Invitation.Meta):
        verbose_name = _("invitation par l’animateur")
        verbose_name_plural = _("invitations par les animateurs")
        constraints = [
            *Invitation.Meta.constraints,
            models.UniqueConstraint(
                fields=["cluster", "email"],
                condition=Q(accepted_at=None, cancelled_at=None),
                name="directory_clusterinvitation_one_pending",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cluster} · {self.email}"
