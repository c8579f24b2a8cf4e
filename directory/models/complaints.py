"""Complaints against signatories of the charter: who complains of what, and all that happened."""

from datetime import date
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Left
from django.utils.translation import gettext_lazy as _

from directory.complaints import clocks
from directory.complaints.states import ENDED, OPEN
from directory.enums import (
    CharterClause,
    ClientKind,
    ComplaintEventKind,
    ComplaintKind,
    ComplaintSide,
    ComplaintStatus,
    InadmissibleReason,
    Severity,
)
from directory.models.companies import Company
from directory.trust.events import OUTCOMES
from emn.lib.storage import private_storage

if TYPE_CHECKING:
    from emn.accounts.models import User

LONGEST_TEXT = 6_000  # signs
_KNOWN_TO_PROVIDER = Q(admitted_at__isnull=False) | Q(status=ComplaintStatus.NOTICED)


class ComplaintQuerySet(models.QuerySet["Complaint"]):
    """Questions about complaints."""

    def confirmed(self) -> Self:
        """Keep those that their author confirmed, whatever became of them."""
        return self.filter(confirmed_at__isnull=False)

    def open(self) -> Self:
        """Keep the confirmed ones that have not ended."""
        return self.filter(status__in=OPEN)

    def overdue(self, *, on: date) -> Self:
        """Keep the open ones whose step is past its last day; a stopped clock is never late."""
        stopped = Q(status=ComplaintStatus.CONCILIATION, court_since__isnull=False)
        return self.open().filter(due_on__lt=on).exclude(stopped)

    def for_staff(self) -> Self:
        """Keep those that wait for the secretariat, and for nobody else."""
        return self.filter(
            status__in=[
                ComplaintStatus.RECEIVED,
                ComplaintStatus.ACKNOWLEDGED,
                ComplaintStatus.NO_REPLY,
                ComplaintStatus.CONCILIATION,
            ]
        )

    def made_by(self, user: "User") -> Self:
        """Keep what the person filed."""
        return self.filter(Q(author=user) | Q(contact_email__iexact=user.email)).filter(
            confirmed_at__isnull=False, forgotten_at=None
        )

    def against_companies_of(self, user: "User") -> Self:
        """Keep what the person may answer, for any establishment of the company."""
        own = Company.objects.filter(memberships__user=user).annotate(unit=Left("siret", 9))
        return self.filter(_KNOWN_TO_PROVIDER, siren__in=own.values("unit"))


class Complaint(models.Model):
    """Plainte: a client says that a signatory did not keep the charter.

    `due_on` is the last day of the present step (`complaints.clocks`). `outcome` is what the ledger
    of trust says of it. `court_stopped_days`: how long court actions stopped the conciliation.
    `forgotten_at`: when the person's data were erased; what is counted stays.
    """

    status = models.CharField(
        _("état"), max_length=12, choices=ComplaintStatus, default=ComplaintStatus.UNCONFIRMED
    )
    kind = models.CharField(_("nature"), max_length=10, choices=ComplaintKind)
    clause = models.CharField(
        _("engagement en cause"), max_length=10, choices=CharterClause, blank=True
    )
    company = models.ForeignKey(
        Company, models.PROTECT, related_name="complaints", verbose_name=_("mise en cause")
    )
    siren = models.CharField(_("SIREN mis en cause"), max_length=9)

    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("compte du plaignant"),
    )  # fmt: skip
    contact_name = models.CharField(_("nom du plaignant"), max_length=120, blank=True)
    contact_email = models.EmailField(_("courriel du plaignant"), blank=True)
    contact_phone = models.CharField(_("téléphone du plaignant"), max_length=20, blank=True)
    language = models.CharField(_("langue des messages"), max_length=2, choices=settings.LANGUAGES)
    client_name = models.CharField(_("organisation plaignante"), max_length=200, blank=True)
    client_siren = models.CharField(_("SIREN du plaignant"), max_length=9, blank=True)
    client_kind = models.CharField(_("sorte de client"), max_length=12, choices=ClientKind)
    contract_on = models.DateField(_("date du contrat ou de l’offre"))
    is_lowest_price = models.BooleanField(_("marché au seul prix le plus bas"))
    text = models.TextField(_("faits"), max_length=LONGEST_TEXT, blank=True)
    wanted = models.TextField(_("ce qui est demandé"), max_length=LONGEST_TEXT, blank=True)

    filed_at = models.DateTimeField(_("écrite le"))
    confirmed_at = models.DateTimeField(_("confirmée le"), null=True, blank=True)
    acknowledged_at = models.DateTimeField(_("accusée le"), null=True, blank=True)
    admitted_at = models.DateTimeField(_("recevable le"), null=True, blank=True)
    due_on = models.DateField(_("au plus tard le"), null=True, blank=True)
    alerted_on = models.DateField(_("retard signalé pour le"), null=True, blank=True)
    severity = models.PositiveSmallIntegerField(
        _("gravité"), choices=Severity, null=True, blank=True
    )
    grounds = models.TextField(_("motifs de la recevabilité"), max_length=2_000, blank=True)
    refusal = models.CharField(
        _("motif d’irrecevabilité"), max_length=12, choices=InadmissibleReason, blank=True
    )
    refusal_words = models.TextField(_("explication"), max_length=2_000, blank=True)
    reply = models.TextField(_("réponse du prestataire"), max_length=LONGEST_TEXT, blank=True)
    replied_at = models.DateTimeField(_("réponse reçue le"), null=True, blank=True)
    replied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("réponse de"),
    )  # fmt: skip
    conciliation_on = models.DateField(_("conciliation depuis le"), null=True, blank=True)
    court_since = models.DateField(_("action en justice depuis le"), null=True, blank=True)
    court_stopped_days = models.PositiveSmallIntegerField(_("jours suspendus"), default=0)
    settlement = models.TextField(_("accord"), max_length=2_000, blank=True)
    outcome = models.CharField(_("issue"), max_length=16, blank=True)
    with_fault = models.BooleanField(_("faute reconnue au retrait"), null=True, blank=True)
    ended_at = models.DateTimeField(_("terminée le"), null=True, blank=True)
    forgotten_at = models.DateTimeField(_("oubliée le"), null=True, blank=True)

    objects = models.Manager.from_queryset(ComplaintQuerySet)()

    class Meta:
        verbose_name = _("plainte")
        verbose_name_plural = _("plaintes")
        default_permissions = ("view",)
        permissions = [("handle_complaint", _("Peut instruire les plaintes"))]
        constraints = [
            models.CheckConstraint(
                name="directory_complaint_status_known",
                condition=Q(status__in=ComplaintStatus.values),
            ),
            models.CheckConstraint(
                name="directory_complaint_siren_is_9_digits", condition=Q(siren__regex=r"^\d{9}$")
            ),
            models.CheckConstraint(
                name="directory_complaint_outcome_known",
                condition=Q(outcome__in=["", *OUTCOMES]),
            ),
            models.CheckConstraint(
                name="directory_complaint_breach_names_its_clause",
                condition=Q(kind=ComplaintKind.BREACH) ^ Q(clause=""),
            ),
            models.CheckConstraint(
                name="directory_complaint_reachable_until_forgotten",
                condition=Q(forgotten_at=None) ^ Q(contact_email=""),
            ),
            models.CheckConstraint(
                name="directory_complaint_confirmed_has_its_date",
                condition=Q(status=ComplaintStatus.UNCONFIRMED, confirmed_at=None)
                | (~Q(status=ComplaintStatus.UNCONFIRMED) & Q(confirmed_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="directory_complaint_admitted_is_weighed",
                condition=Q(admitted_at=None, severity=None, grounds="")
                | (Q(admitted_at__isnull=False, severity__in=Severity.values) & ~Q(grounds="")),
                violation_error_message=_("La gravité est fixée, et motivée."),
            ),
            models.CheckConstraint(
                name="directory_complaint_inadmissible_says_why",
                condition=Q(status=ComplaintStatus.INADMISSIBLE) ^ Q(refusal=""),
            ),
            models.CheckConstraint(
                name="directory_complaint_ended_has_its_date",
                condition=Q(status__in=ENDED, ended_at__isnull=False)
                | (~Q(status__in=ENDED) & Q(ended_at=None)),
            ),
        ]
        indexes = [
            models.Index(fields=["due_on", "id"], name="directory_complaint_clock",
                         condition=Q(status__in=OPEN)),
            models.Index(fields=["siren"], name="directory_complaint_of_siren"),
            models.Index(fields=["contact_email"], name="directory_complaint_email"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        """What every message calls it."""
        return f"PL-{self.filed_at:%Y}-{self.pk:05d}"

    @property
    def is_open(self) -> bool:
        """Whether something may still come of it."""
        return self.status in OPEN

    @property
    def is_known_to_provider(self) -> bool:
        """Whether the provider was told of it, and may read it."""
        return self.admitted_at is not None or self.status == ComplaintStatus.NOTICED

    @property
    def is_stopped(self) -> bool:
        """Whether a court action stops its clock."""
        return clocks.is_stopped(self.status, court_since=self.court_since)

    def is_late(self, *, on: date) -> bool:
        """Tell whether its step is past its last day."""
        return self.is_open and clocks.is_late(self.due_on, on=on, stopped=self.is_stopped)


class ComplaintEvent(models.Model):
    """Événement de plainte: one line of what happened, never changed (a trigger refuses it)."""

    complaint = models.ForeignKey(
        Complaint, models.CASCADE, related_name="events", verbose_name=_("plainte")
    )
    kind = models.CharField(_("nature"), max_length=14, choices=ComplaintEventKind)
    at = models.DateTimeField(_("le"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("par"),
    )  # fmt: skip

    class Meta:
        verbose_name = _("événement de plainte")
        verbose_name_plural = _("événements de plainte")
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                name="directory_complaintevent_kind_known",
                condition=Q(kind__in=ComplaintEventKind.values),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.at:%d/%m/%Y}"


class ComplaintFile(models.Model):
    """Pièce d’une plainte: a document of a party; private, and never shown inside a page."""

    complaint = models.ForeignKey(
        Complaint, models.CASCADE, related_name="files", verbose_name=_("plainte")
    )
    side = models.CharField(_("de qui"), max_length=12, choices=ComplaintSide)
    name = models.CharField(_("fichier"), max_length=150)
    file = models.FileField(upload_to="plaintes/", storage=private_storage, blank=True)
    sha256 = models.CharField(_("empreinte"), max_length=64)
    size_bytes = models.PositiveIntegerField(_("taille (octets)"))
    added_at = models.DateTimeField(_("déposée le"))

    class Meta:
        verbose_name = _("pièce d’une plainte")
        verbose_name_plural = _("pièces d’une plainte")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["complaint", "side", "sha256"], name="directory_complaintfile_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ComplaintFact(models.Model):
    """Fait porté au registre: which fact of which ledger of trust tells of a complaint."""

    complaint = models.ForeignKey(
        Complaint, models.PROTECT, related_name="facts", verbose_name=_("plainte")
    )
    event = models.OneToOneField(
        "directory.TrustEvent", models.PROTECT, related_name="+", verbose_name=_("fait")
    )
    case = models.ForeignKey(
        "directory.CommitteeCase", models.PROTECT, null=True, blank=True, related_name="facts",
        verbose_name=_("affaire"),
    )  # fmt: skip

    class Meta:
        verbose_name = _("fait d’une plainte")
        verbose_name_plural = _("faits d’une plainte")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.complaint} · {self.event_id}"
