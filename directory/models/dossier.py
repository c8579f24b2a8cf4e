"""The file of a company: what it shares with the centre, and whom it invites to act for it."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from directory.enums import MembershipRole
from directory.models.companies import Company
from directory.models.invitations import Invitation, InvitationQuerySet


class SharedItemQuerySet(models.QuerySet["SharedItem"]):
    """Questions about what is shared."""

    def standing(self) -> Self:
        """Keep what was not taken back."""
        return self.filter(withdrawn_at=None)


class SharedItem(models.Model):
    """Élément partagé: one line of its file that a company lets the centre’s advisers read.

    `key` is that of `directory.dossier.Item`. Taking it back is a date, so that it stays known
    what was shared, when and by whom.
    """

    company = models.ForeignKey(
        Company, models.CASCADE, related_name="shared_items", verbose_name=_("entreprise")
    )
    key = models.CharField(_("élément"), max_length=60)
    shared_at = models.DateTimeField(_("partagé le"))
    shared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+",
        verbose_name=_("partagé par"),
    )  # fmt: skip
    withdrawn_at = models.DateTimeField(_("repris le"), null=True, blank=True)

    objects = models.Manager.from_queryset(SharedItemQuerySet)()

    class Meta:
        verbose_name = _("élément partagé")
        verbose_name_plural = _("éléments partagés")
        default_permissions = ()
        permissions = [("read_dossier", _("Peut lire ce que les entreprises partagent"))]
        constraints = [
            models.UniqueConstraint(
                fields=["company", "key"],
                condition=Q(withdrawn_at=None),
                name="directory_shareditem_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.company} · {self.key}"


class TeamInvitationQuerySet(InvitationQuerySet["TeamInvitation"]):
    """Questions about invitations."""


class TeamInvitation(Invitation):
    """Invitation d’équipe: an address that may join those who act for a company."""

    company = models.ForeignKey(
        Company, models.CASCADE, related_name="team_invitations", verbose_name=_("entreprise")
    )
    role = models.CharField(_("rôle"), max_length=10, choices=MembershipRole)

    objects = models.Manager.from_queryset(TeamInvitationQuerySet)()

    class Meta(Invitation.Meta):
        verbose_name = _("invitation d’équipe")
        verbose_name_plural = _("invitations d’équipe")
        constraints = [
            *Invitation.Meta.constraints,
            models.UniqueConstraint(
                fields=["company", "email"],
                condition=Q(accepted_at=None, cancelled_at=None),
                name="directory_teaminvitation_one_pending",
            ),
            models.CheckConstraint(
                name="directory_teaminvitation_role_known",
                condition=Q(role__in=MembershipRole.values),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.company} · {self.email}"
