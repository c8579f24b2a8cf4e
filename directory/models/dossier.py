"""The file of a company: what it shares with the centre, and whom it invites to act for it."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from directory.enums import MembershipRole
from directory.models.companies import Company


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


class TeamInvitationQuerySet(models.QuerySet["TeamInvitation"]):
    """Questions about invitations."""

    def pending(self) -> Self:
        """Keep those neither accepted nor taken back, out of time or not."""
        return self.filter(accepted_at=None, cancelled_at=None)

    def open(self, *, now: datetime) -> Self:
        """Keep those that may be accepted."""
        return self.pending().filter(expires_at__gt=now)


class TeamInvitation(models.Model):
    """Invitation d’équipe: an address that may join those who act for a company.

    `email` is folded: lower case. Only an account with that address, confirmed, may accept.
    """

    company = models.ForeignKey(
        Company, models.CASCADE, related_name="team_invitations", verbose_name=_("entreprise")
    )
    email = models.EmailField(_("adresse"))
    role = models.CharField(_("rôle"), max_length=10, choices=MembershipRole)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+",
        verbose_name=_("invitée par"),
    )  # fmt: skip
    invited_at = models.DateTimeField(_("invitée le"))
    expires_at = models.DateTimeField(_("valable jusqu’au"))
    accepted_at = models.DateTimeField(_("acceptée le"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("reprise le"), null=True, blank=True)

    objects = models.Manager.from_queryset(TeamInvitationQuerySet)()

    class Meta:
        verbose_name = _("invitation d’équipe")
        verbose_name_plural = _("invitations d’équipe")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["company", "email"],
                condition=Q(accepted_at=None, cancelled_at=None),
                name="directory_teaminvitation_one_pending",
            ),
            models.CheckConstraint(
                name="directory_teaminvitation_email_folded", condition=~Q(email__regex="[A-Z]")
            ),
            models.CheckConstraint(
                name="directory_teaminvitation_role_known",
                condition=Q(role__in=MembershipRole.values),
            ),
            models.CheckConstraint(
                name="directory_teaminvitation_one_end",
                condition=Q(accepted_at=None) | Q(cancelled_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.company} · {self.email}"
