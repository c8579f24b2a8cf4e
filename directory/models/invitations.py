"""An invitation by e-mail, whatever it opens."""

from datetime import datetime
from typing import Self, TypeVar

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

_Invited_co = TypeVar("_Invited_co", bound="Invitation", covariant=True)


class InvitationQuerySet(models.QuerySet[_Invited_co]):
    """Questions about invitations."""

    def pending(self) -> Self:
        """Keep those neither accepted nor taken back, out of time or not."""
        return self.filter(accepted_at=None, cancelled_at=None)

    def open(self, *, now: datetime) -> Self:
        """Keep those that may be accepted."""
        return self.pending().filter(expires_at__gt=now)


class Invitation(models.Model):
    """Who was invited, by whom, until when; accepted or taken back, never both.

    `email` is folded: lower case. Only an account with that address, confirmed, may accept.
    """

    email = models.EmailField(_("adresse"))
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+",
        verbose_name=_("invitée par"),
    )  # fmt: skip
    invited_at = models.DateTimeField(_("invitée le"))
    expires_at = models.DateTimeField(_("valable jusqu’au"))
    accepted_at = models.DateTimeField(_("acceptée le"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("reprise le"), null=True, blank=True)

    class Meta:
        abstract = True
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_email_folded", condition=~Q(email__regex="[A-Z]")
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_one_end",
                condition=Q(accepted_at=None) | Q(cancelled_at=None),
            ),
        ]

    def is_for(self, *, user_id: int) -> bool:
        """Tell whether the account has the invited address, and has confirmed it."""
        own = EmailAddress.objects.filter(user=user_id, verified=True)
        return bool(own.filter(email__iexact=self.email).exists())
