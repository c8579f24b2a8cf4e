"""Who asks to act for a company, and the proof that was kept."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from directory.enums import ClaimMethod, ClaimStatus, MembershipRole
from directory.models.companies import Company

if TYPE_CHECKING:
    from emn.accounts.models import User

OPEN_CLAIM = (ClaimStatus.CODE_SENT, ClaimStatus.WAITING_OWNER, ClaimStatus.WAITING_STAFF)
WAITING_CLAIM = (ClaimStatus.WAITING_OWNER, ClaimStatus.WAITING_STAFF)
OWNER_HAS = timedelta(days=7)  # to decide, before the centre does


class ClaimQuerySet(models.QuerySet["Claim"]):
    """Questions about claims."""

    def open(self) -> Self:
        """Keep those that nobody has closed."""
        return self.filter(status__in=OPEN_CLAIM)

    def for_staff(self, *, now: datetime) -> Self:
        """Keep what the centre must decide: its own, and those an owner left unanswered."""
        return self.filter(
            Q(status=ClaimStatus.WAITING_STAFF)
            | Q(status=ClaimStatus.WAITING_OWNER, waiting_since__lt=now - OWNER_HAS)
        )

    def decidable_by(self, user: "User") -> Self:
        """Keep those that `user`, who is responsible for the company, may decide."""
        return self.filter(
            status=ClaimStatus.WAITING_OWNER,
            company__memberships__user=user,
            company__memberships__role=MembershipRole.OWNER,
        )


class Claim(models.Model):
    """Demande de rattachement: a person asks to act for a company of the directory.

    `email` is the address of the firm that the code was sent to; `proven_at` says that the person
    read it. The code itself is kept as a keyed hash only.
    """

    company = models.ForeignKey(
        Company, models.CASCADE, related_name="claims", verbose_name=_("entreprise")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="claims",
        verbose_name=_("demandeur"),
    )
    status = models.CharField(_("état"), max_length=15, choices=ClaimStatus)
    method = models.CharField(_("preuve"), max_length=10, choices=ClaimMethod)
    email = models.EmailField(_("adresse de l’entreprise"), blank=True)
    message = models.TextField(_("message"), max_length=1000, blank=True)
    code_hash = models.CharField(max_length=64, blank=True)
    code_expires_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(_("demandée le"))
    proven_at = models.DateTimeField(_("adresse prouvée le"), null=True, blank=True)
    waiting_since = models.DateTimeField(_("en attente depuis le"), null=True, blank=True)
    closed_at = models.DateTimeField(_("close le"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("décidée par"),
    )
    reason = models.TextField(_("motif"), max_length=1000, blank=True)

    objects = models.Manager.from_queryset(ClaimQuerySet)()

    class Meta:
        verbose_name = _("demande de rattachement")
        verbose_name_plural = _("demandes de rattachement")
        constraints = [
            models.CheckConstraint(
                name="directory_claim_status_known", condition=Q(status__in=ClaimStatus.values)
            ),
            models.UniqueConstraint(
                fields=["company", "user"],
                condition=Q(status__in=OPEN_CLAIM),
                name="directory_claim_one_open_per_person",
                violation_error_message=_("Une demande est déjà en cours pour cette entreprise."),
            ),
            models.CheckConstraint(
                name="directory_claim_code_has_address",
                condition=~Q(status=ClaimStatus.CODE_SENT)
                | (~Q(email="") & ~Q(code_hash="") & Q(code_expires_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="directory_claim_waits_since",
                condition=~Q(status__in=WAITING_CLAIM) | Q(waiting_since__isnull=False),
            ),
            models.CheckConstraint(
                name="directory_claim_closed_has_date",
                condition=Q(status__in=OPEN_CLAIM, closed_at=None)
                | (~Q(status__in=OPEN_CLAIM) & Q(closed_at__isnull=False)),
            ),
        ]
        indexes = [models.Index(fields=["status", "waiting_since"])]

    def __str__(self) -> str:
        return f"{self.user} · {self.company}"

    @property
    def is_open(self) -> bool:
        """Whether nobody has closed it."""
        return self.status in OPEN_CLAIM

    @property
    def is_waiting(self) -> bool:
        """Whether an owner or the centre must decide."""
        return self.status in WAITING_CLAIM
