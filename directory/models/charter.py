"""The charter, who signed it, the documents behind, and all that happened to an adhesion."""

from datetime import date
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from directory.charter import terms
from directory.charter.rules import EvidenceKind, Scheme, rules
from directory.charter.states import ENDED, IN_PREPARATION, STANDING
from directory.enums import (
    AdhesionEventKind,
    AdhesionStatus,
    CharterClause,
    EvidenceStatus,
    PowerBasis,
    RecognitionStatus,
)
from directory.models.companies import Company
from emn.lib.calendar import add_months
from emn.lib.storage import private_storage

if TYPE_CHECKING:
    from emn.accounts.models import User

SIREN_DIGITS = 9


class CharterQuerySet(models.QuerySet["Charter"]):
    """Questions about the versions of the charter."""

    def in_effect(self, *, on: date) -> Self:
        """Keep the versions that may be read as the charter that day, the newest first."""
        return self.filter(valid_from__lte=on).order_by("-valid_from", "-pk")


class Charter(models.Model):
    """Version de la charte: its text in each language; unchangeable once someone signed it (R1.01).

    `texts`: language → {title, intro, for_whom[], not_for[], is_not[], signing[], clauses[7]}, a
    clause being {key, title, promise, commitments[]}. `sha256` is the digest of the canonical JSON.
    """

    version = models.CharField(_("version"), max_length=10, unique=True)
    valid_from = models.DateField(_("en vigueur depuis le"))
    texts = models.JSONField(_("texte"))
    sha256 = models.CharField(_("empreinte"), max_length=64)

    objects = models.Manager.from_queryset(CharterQuerySet)()

    class Meta:
        verbose_name = _("version de la charte")
        verbose_name_plural = _("versions de la charte")
        constraints = [
            models.CheckConstraint(
                name="directory_charter_version_is_a_number",
                condition=Q(version__regex=r"^\d+\.\d+$"),
            ),
        ]

    def __str__(self) -> str:
        return self.version

    def get_absolute_url(self) -> str:
        return reverse("charter:version", args=[self.version])

    @property
    def text(self) -> dict[str, Any]:
        """The text in the language of the page."""
        found: dict[str, Any] = self.texts.get(get_language() or "fr") or self.texts["fr"]
        return found


class AdhesionQuerySet(models.QuerySet["Adhesion"]):
    """Questions about adhesions."""

    def of(self, user: "User") -> Self:
        """Keep those of the companies for which `user` acts."""
        return self.filter(company__memberships__user=user)

    def in_preparation(self) -> Self:
        """Keep those that are being signed or checked."""
        return self.filter(status__in=IN_PREPARATION)

    def standing(self) -> Self:
        """Keep those that nobody has ended; some may be suspended, or past their term."""
        return self.filter(status__in=STANDING)

    def to_check(self) -> Self:
        """Keep those whose documents wait for the centre."""
        return self.filter(status=AdhesionStatus.CHECK)

    def with_new_pieces(self) -> Self:
        """Keep those that stand and hold a document that nobody has read."""
        return self.standing().filter(
            models.Exists(Evidence.objects.waiting().filter(adhesion=models.OuterRef("pk")))
        )

    def in_force(self, *, on: date) -> Self:
        """Keep those that count that day; `charter.terms.is_in_force`, in SQL."""
        return self.filter(starts_on__lte=on, expires_on__gt=on).filter(
            Q(ended_on=None) | Q(ended_on__gt=on),
            Q(suspended_on=None) | Q(suspended_on__gt=on) | Q(suspended_until__lte=on),
        )

    def suspended(self, *, on: date) -> Self:
        """Keep those that a suspension keeps from counting that day."""
        return self.filter(
            ended_on=None, expires_on__gt=on, suspended_on__lte=on, suspended_until__gt=on
        )

    def lapsed(self, *, on: date) -> Self:
        """Keep those that are past their term, noted or not."""
        return self.filter(
            Q(status=AdhesionStatus.EXPIRED) | Q(status__in=STANDING, expires_on__lte=on)
        )

    def public(self, *, on: date) -> Self:
        """Keep what the register shows: once in force, and not ended for long."""
        since = add_months(on, -rules().history_months)
        return self.filter(starts_on__isnull=False).filter(
            Q(ended_on=None, expires_on__gt=since) | Q(ended_on__gt=since)
        )

    def last_of_each(self) -> Self:
        """Keep the last one of each company, by the day it came into force."""
        later = Adhesion.objects.filter(siren=models.OuterRef("siren")).filter(
            Q(starts_on__gt=models.OuterRef("starts_on"))
            | Q(starts_on=models.OuterRef("starts_on"), pk__gt=models.OuterRef("pk"))
        )
        return self.exclude(models.Exists(later))


class Adhesion(models.Model):
    """Adhésion à la charte: one company, known by its SIREN, signs one version for 24 months.

    The days are those of `charter.terms.Term`: whether it counts is asked of them, never of
    `status` alone. `member_since` survives renewals without a gap. `ended_by` says how it ended.
    """

    company = models.ForeignKey(
        Company, models.PROTECT, related_name="adhesions", verbose_name=_("entreprise")
    )
    siren = models.CharField(_("SIREN"), max_length=SIREN_DIGITS)
    charter = models.ForeignKey(
        Charter, models.PROTECT, related_name="adhesions", verbose_name=_("version de la charte")
    )
    renews = models.OneToOneField(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="renewal",
        verbose_name=_("renouvelle"),
    )
    status = models.CharField(
        _("état"), max_length=17, choices=AdhesionStatus, default=AdhesionStatus.DRAFT
    )
    started_at = models.DateTimeField(_("commencée le"))

    signed_at = models.DateTimeField(_("signée le"), null=True, blank=True)
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("compte du signataire"),
    )
    signatory_name = models.CharField(_("nom du signataire"), max_length=120, blank=True)
    signatory_role = models.CharField(_("qualité du signataire"), max_length=120, blank=True)
    power_basis = models.CharField(
        _("pouvoir d’engager l’entreprise"), max_length=15, choices=PowerBasis, blank=True
    )
    complaints_accepted_at = models.DateTimeField(
        _("procédure de plainte acceptée le"), null=True, blank=True
    )
    document = models.FileField(upload_to="charte/", storage=private_storage, blank=True)
    document_sha256 = models.CharField(_("empreinte du document signé"), max_length=64, blank=True)
    forgotten_at = models.DateTimeField(_("signataire effacé le"), null=True, blank=True)

    submitted_at = models.DateTimeField(_("pièces envoyées le"), null=True, blank=True)
    check_note = models.TextField(_("motif du centre"), max_length=2000, blank=True)
    checked_at = models.DateTimeField(_("vérifiée le"), null=True, blank=True)
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("vérifiée par"),
    )
    member_since = models.DateField(_("signataire depuis le"), null=True, blank=True)
    starts_on = models.DateField(_("en vigueur depuis le"), null=True, blank=True)
    expires_on = models.DateField(_("échoit le"), null=True, blank=True)
    suspended_on = models.DateField(_("suspendue depuis le"), null=True, blank=True)
    suspended_until = models.DateField(_("suspendue jusqu’au"), null=True, blank=True)
    ended_on = models.DateField(_("terminée le"), null=True, blank=True)
    ended_by = models.CharField(
        _("fin"), max_length=12, choices=AdhesionEventKind, blank=True, default=""
    )
    reminders_sent = models.PositiveSmallIntegerField(_("rappels envoyés"), default=0)

    objects = models.Manager.from_queryset(AdhesionQuerySet)()

    class Meta:
        verbose_name = _("adhésion à la charte")
        verbose_name_plural = _("adhésions à la charte")
        permissions = [
            ("check_adhesion", _("Peut vérifier les adhésions à la charte")),
            ("sanction_adhesion", _("Peut suspendre ou retirer une adhésion à la charte")),
        ]
        constraints = [
            models.CheckConstraint(
                name="directory_adhesion_status_known",
                condition=Q(status__in=AdhesionStatus.values),
            ),
            models.CheckConstraint(
                name="directory_adhesion_siren_is_9_digits", condition=Q(siren__regex=r"^\d{9}$")
            ),
            models.UniqueConstraint(
                fields=["siren"],
                condition=Q(status__in=IN_PREPARATION),
                name="directory_adhesion_one_in_preparation",
                violation_error_message=_("Une adhésion est déjà en préparation."),
            ),
            models.UniqueConstraint(
                fields=["siren"],
                condition=Q(status__in=STANDING),
                name="directory_adhesion_one_current",
                violation_error_message=_("Cette entreprise a déjà une adhésion en vigueur."),
            ),
            models.CheckConstraint(  # R1.02: what an adhesion needs beyond the register
                name="directory_adhesion_signed_is_whole",
                condition=Q(status=AdhesionStatus.DRAFT, signed_at=None)
                | Q(
                    ~Q(document_sha256=""),
                    ~Q(power_basis=""),
                    signed_at__isnull=False,
                    complaints_accepted_at__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="directory_adhesion_signatory_is_named",
                condition=Q(signed_at=None)
                | Q(forgotten_at__isnull=False)
                | (~Q(signatory_name="") & ~Q(signatory_role="")),
            ),
            models.CheckConstraint(
                name="directory_adhesion_in_force_was_checked",
                condition=(~Q(status__in=STANDING) & Q(starts_on=None))
                | Q(
                    starts_on__isnull=False,
                    member_since__isnull=False,
                    expires_on__gt=F("starts_on"),
                    checked_at__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="directory_adhesion_suspension_has_both_days",
                condition=Q(suspended_on=None, suspended_until=None)
                | Q(suspended_until__gte=F("suspended_on"), starts_on__isnull=False),
            ),
            models.CheckConstraint(
                name="directory_adhesion_ended_has_day_and_kind",
                condition=(~Q(status__in=ENDED) & Q(ended_on=None, ended_by=""))
                | (Q(status__in=ENDED, ended_on__isnull=False) & ~Q(ended_by="")),
            ),
        ]
        indexes = [
            models.Index(fields=["siren", "starts_on"], name="directory_adhesion_of_siren"),
            models.Index(fields=["status", "submitted_at"], name="directory_adhesion_queue"),
            models.Index(fields=["expires_on"], name="directory_adhesion_expiry"),
        ]

    def __str__(self) -> str:
        return f"{self.reference} · {self.company}"

    @property
    def reference(self) -> str:
        """What the signed document and every message call it."""
        return f"CH-{self.started_at:%Y}-{self.pk:05d}"

    @property
    def term(self) -> terms.Term:
        """Its days."""
        return terms.Term(
            starts_on=self.starts_on,
            expires_on=self.expires_on,
            suspended_on=self.suspended_on,
            suspended_until=self.suspended_until,
            ended_on=self.ended_on,
        )

    @property
    def is_in_preparation(self) -> bool:
        """Whether it is being signed or checked."""
        return self.status in IN_PREPARATION

    @property
    def is_standing(self) -> bool:
        """Whether nobody has ended it."""
        return self.status in STANDING

    def status_on(self, day: date) -> AdhesionStatus:
        """Return its state that day, whether the nightly task has written it yet or not."""
        if not self.is_standing or self.expires_on is None:
            return AdhesionStatus(self.status)
        if day >= self.expires_on:
            return AdhesionStatus.EXPIRED
        if terms.is_suspended(self.term, on=day):
            return AdhesionStatus.SUSPENDED
        return AdhesionStatus.ACTIVE

    def how_on(self, day: date) -> str:
        """Return its state that day in words, and how it ended when it did."""
        if self.ended_by and self.ended_by != AdhesionEventKind.EXPIRED:
            return str(AdhesionEventKind(self.ended_by).label)
        return str(self.status_on(day).label)


class AdhesionEvent(models.Model):
    """Événement d’adhésion: one line of what happened, never changed (a trigger refuses it)."""

    adhesion = models.ForeignKey(
        Adhesion, models.CASCADE, related_name="events", verbose_name=_("adhésion à la charte")
    )
    kind = models.CharField(_("nature"), max_length=12, choices=AdhesionEventKind)
    at = models.DateTimeField(_("le"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("par"),
    )
    reason = models.TextField(_("motif"), max_length=2000, blank=True)

    class Meta:
        verbose_name = _("événement d’adhésion")
        verbose_name_plural = _("événements d’adhésion")
        constraints = [
            models.CheckConstraint(
                name="directory_adhesionevent_kind_known",
                condition=Q(kind__in=AdhesionEventKind.values),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.at:%d/%m/%Y}"


class EvidenceQuerySet(models.QuerySet["Evidence"]):
    """Questions about documents."""

    def waiting(self) -> Self:
        """Keep those that staff has not read."""
        return self.filter(status=EvidenceStatus.WAITING)

    def valid(self, *, on: date) -> Self:
        """Keep those that staff took, and that have not ended that day."""
        return self.filter(status=EvidenceStatus.ACCEPTED).filter(
            Q(valid_until=None) | Q(valid_until__gte=on)
        )


class Evidence(models.Model):
    """Pièce: a document that bears out a commitment; private, and never shown inside a page.

    `valid_until` is its last day. `clauses` are those that staff says it attests.
    """

    adhesion = models.ForeignKey(
        Adhesion, models.CASCADE, related_name="evidence", verbose_name=_("adhésion à la charte")
    )
    kind = models.CharField(_("nature"), max_length=20)
    name = models.CharField(_("fichier"), max_length=150)
    file = models.FileField(upload_to="charte/pieces/", storage=private_storage, blank=True)
    sha256 = models.CharField(_("empreinte"), max_length=64)
    size_bytes = models.PositiveIntegerField(_("taille (octets)"))
    valid_until = models.DateField(_("valable jusqu’au"), null=True, blank=True)
    added_at = models.DateTimeField(_("déposée le"))
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("déposée par"),
    )
    status = models.CharField(
        _("état"), max_length=10, choices=EvidenceStatus, default=EvidenceStatus.WAITING
    )
    clauses = ArrayField(
        models.CharField(max_length=10, choices=CharterClause),
        verbose_name=_("engagements attestés"),
        default=list,
        blank=True,
    )
    decided_at = models.DateTimeField(_("lue le"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("lue par"),
    )
    reason = models.TextField(_("motif"), max_length=1000, blank=True)
    reminders_sent = models.PositiveSmallIntegerField(_("rappels envoyés"), default=0)

    objects = models.Manager.from_queryset(EvidenceQuerySet)()

    class Meta:
        verbose_name = _("pièce")
        verbose_name_plural = _("pièces")
        constraints = [
            models.CheckConstraint(
                name="directory_evidence_decided_has_date",
                condition=Q(status=EvidenceStatus.WAITING, decided_at=None)
                | (~Q(status=EvidenceStatus.WAITING) & Q(decided_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="directory_evidence_refused_has_reason",
                condition=~Q(status=EvidenceStatus.REFUSED) | ~Q(reason=""),
            ),
        ]
        indexes = [
            models.Index(
                fields=["valid_until"],
                name="directory_evidence_ending",
                condition=Q(status=EvidenceStatus.ACCEPTED, valid_until__isnull=False),
            ),
            models.Index(
                fields=["adhesion", "status"],
                name="directory_evidence_of_adhesion",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind_entry.labels['fr']} · {self.name}"

    @property
    def kind_entry(self) -> EvidenceKind:
        """Its kind, with its words."""
        return rules().evidence_kinds[self.kind]

    @property
    def clause_labels(self) -> list[str]:
        """The commitments it attests, in words."""
        return [str(CharterClause(code).label) for code in self.clauses]


class RecognitionQuerySet(models.QuerySet["Recognition"]):
    """Questions about recognised commitments."""

    def waiting(self) -> Self:
        """Keep what the centre has not answered."""
        return self.filter(status=RecognitionStatus.WAITING)

    def in_force(self, *, on: date) -> Self:
        """Keep what everyone may read that day."""
        return self.filter(status=RecognitionStatus.CONFIRMED, valid_until__gte=on)


class Recognition(models.Model):
    """Reconnaissance: a company asks that its commitment to another scheme be recognised (F1.09).

    The centre answers by `due_on`, one month after the request. `valid_until` is its last day.
    """

    company = models.ForeignKey(
        Company, models.CASCADE, related_name="recognitions", verbose_name=_("entreprise")
    )
    scheme = models.CharField(_("engagement"), max_length=20)
    link = models.URLField(_("page qui le prouve"))
    valid_until = models.DateField(_("valable jusqu’au"))
    status = models.CharField(
        _("état"), max_length=10, choices=RecognitionStatus, default=RecognitionStatus.WAITING
    )
    asked_at = models.DateTimeField(_("demandée le"))
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("demandée par"),
    )
    due_on = models.DateField(_("réponse due le"))
    decided_at = models.DateTimeField(_("répondue le"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("répondue par"),
    )
    reason = models.TextField(_("motif"), max_length=1000, blank=True)

    objects = models.Manager.from_queryset(RecognitionQuerySet)()

    class Meta:
        verbose_name = _("reconnaissance")
        verbose_name_plural = _("reconnaissances")
        constraints = [
            models.UniqueConstraint(
                fields=["company", "scheme"],
                condition=Q(status=RecognitionStatus.WAITING),
                name="directory_recognition_one_waiting",
                violation_error_message=_("Cette demande est déjà en cours."),
            ),
            models.CheckConstraint(
                name="directory_recognition_decided_has_date",
                condition=Q(status=RecognitionStatus.WAITING, decided_at=None)
                | (~Q(status=RecognitionStatus.WAITING) & Q(decided_at__isnull=False)),
            ),
        ]
        indexes = [models.Index(fields=["status", "due_on"], name="directory_recognition_queue")]

    def __str__(self) -> str:
        return f"{self.scheme_entry.name} · {self.company}"

    @property
    def scheme_entry(self) -> Scheme:
        """The scheme, with its name."""
        return rules().schemes[self.scheme]
