"""The ledger of trust, the versions of the formula, what was computed, the provider’s rights."""

from datetime import date, timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from directory.enums import (
    ContestStatus,
    ReplyStatus,
    TrustEventKind,
    TrustSource,
    TrustStanding,
)
from directory.models.providers import Provider
from directory.models.replies import LONGEST_REPLY, PublicReply, ReplyQuerySet
from directory.trust.parameters import COMPONENTS

NOTICE_OF_A_VERSION = timedelta(days=30)


class TrustParametersQuerySet(models.QuerySet["TrustParameters"]):
    """Questions about versions of the formula."""

    def published(self) -> Self:
        """Keep those that everyone may read, in effect or to come."""
        return self.filter(published_on__isnull=False)

    def in_effect(self, *, on: date) -> Self:
        """Keep those that had taken effect that day, the current one first."""
        return self.published().filter(effective_on__lte=on).order_by("-effective_on", "-pk")


class TrustParameters(models.Model):
    """Version de la formule: its numbers, never changed once published (a trigger refuses it; I16).

    Every version but the first is published 30 days before it takes effect, with what it would
    change (`impact`, see directory.services.trust_versions).
    """

    version = models.CharField(_("version"), max_length=12, unique=True)
    values = models.JSONField(_("paramètres"))
    note = models.TextField(_("ce qui change, et pourquoi"), max_length=4000)
    created_at = models.DateTimeField(_("créée le"))
    is_first = models.BooleanField(_("première version"), default=False)
    published_on = models.DateField(_("publiée le"), null=True, blank=True)
    effective_on = models.DateField(_("en vigueur à partir du"), null=True, blank=True)
    impact = models.JSONField(_("simulation"), null=True, blank=True)
    simulation_asked_at = models.DateTimeField(_("simulation demandée le"), null=True, blank=True)
    simulated_at = models.DateTimeField(_("simulée le"), null=True, blank=True)

    objects = models.Manager.from_queryset(TrustParametersQuerySet)()

    class Meta:
        verbose_name = _("version de la formule")
        verbose_name_plural = _("versions de la formule")
        permissions = [("publish_trustparameters", _("Peut publier une version de la formule"))]
        constraints = [
            models.CheckConstraint(
                name="directory_trustparameters_version_in_an_address",
                condition=Q(version__regex=r"^[0-9]+\.[0-9]+$"),
                violation_error_message=_("Un numéro de version s’écrit comme 1.2."),
            ),
            models.UniqueConstraint(
                fields=["is_first"],
                name="directory_trustparameters_one_first",
                condition=Q(is_first=True),
            ),
            models.CheckConstraint(
                name="directory_trustparameters_published_in_time",
                condition=Q(published_on=None)
                | Q(is_first=True, effective_on__isnull=False)
                | Q(
                    effective_on__gte=F("published_on") + NOTICE_OF_A_VERSION, impact__isnull=False
                ),
                violation_error_message=_(
                    "Une version est publiée, avec sa simulation, 30 jours avant de s’appliquer."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.version

    def get_absolute_url(self) -> str:
        return reverse("algorithm", args=[self.version])


class TrustFileQuerySet(models.QuerySet["TrustFile"]):
    """Questions about files."""

    def due(self, *, on: date, version: str) -> Self:
        """Keep those not computed yet that day, or with facts or a version that are newer."""
        return self.filter(
            Q(computed_on=None)
            | Q(computed_on__lt=on)
            | Q(computed_event_id__lt=F("last_event_id"))
            | ~Q(computed_version=version),
            provider__isnull=False,
        )

    def behind(self) -> Self:
        """Keep those with facts that were not computed yet: a bell was lost."""
        return self.filter(computed_event_id__lt=F("last_event_id"), provider__isnull=False)


class TrustFile(models.Model):
    """Dossier de confiance: a provider’s ledger, and what everyone may read of it today.

    It outlives the card (F1.10). `computed_*` say from what the current snapshot was computed.
    """

    provider = models.OneToOneField(
        Provider,
        models.SET_NULL,
        null=True,
        related_name="trust_file",
        verbose_name=_("prestataire"),
    )
    opened_at = models.DateTimeField(_("ouvert le"))
    last_event_id = models.BigIntegerField(_("dernier fait"), default=0)
    computed_event_id = models.BigIntegerField(_("dernier fait compté"), default=0)
    computed_on = models.DateField(_("calculé pour le"), null=True)
    computed_version = models.CharField(_("version"), max_length=12, blank=True)
    standing = models.CharField(
        _("ce qui est publié"),
        max_length=10,
        choices=TrustStanding,
        default=TrustStanding.NONE,
    )
    letter = models.CharField(_("classe"), max_length=1, blank=True)
    displayed = models.PositiveSmallIntegerField(_("indice"), null=True)

    objects = models.Manager.from_queryset(TrustFileQuerySet)()

    class Meta:
        verbose_name = _("dossier de confiance")
        verbose_name_plural = _("dossiers de confiance")
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                name="directory_trustfile_rated_has_an_index",
                condition=Q(
                    standing=TrustStanding.RATED,
                    letter__in=["A", "B", "C", "D"],
                    displayed__isnull=False,
                    displayed__lte=100,
                )
                | Q(
                    standing__in=[TrustStanding.NONE, TrustStanding.ENGAGED],
                    letter="",
                    displayed=None,
                ),
            ),
        ]
        indexes = [
            models.Index(fields=["computed_on", "id"], name="directory_trustfile_due"),
            models.Index(
                fields=["id"],
                name="directory_trustfile_behind",
                condition=Q(computed_event_id__lt=F("last_event_id")),
            ),
        ]

    def __str__(self) -> str:
        return str(self.provider) if self.provider_id else f"n° {self.pk}"


class TrustEvent(models.Model):
    """Fait du registre de confiance: one fact, never changed (a trigger refuses it).

    What it says is checked by `directory.trust.events.check`. A correction is another fact (VOID,
    ENDED). `key` makes a fact recorded twice one fact. Nobody is named (I15).
    """

    file = models.ForeignKey(
        TrustFile, models.PROTECT, related_name="events", verbose_name=_("dossier")
    )
    kind = models.CharField(_("genre"), max_length=16, choices=TrustEventKind)
    effective_on = models.DateField(_("effet le"))
    payload = models.JSONField(_("contenu"))
    source = models.CharField(_("origine"), max_length=12, choices=TrustSource)
    key = models.CharField(_("clé"), max_length=80)
    recorded_at = models.DateTimeField(_("inscrit le"))

    class Meta:
        verbose_name = _("fait de confiance")
        verbose_name_plural = _("registre de confiance")
        default_permissions = ("view",)
        permissions = [("correct_trustevent", _("Peut annuler un fait inscrit par erreur"))]
        constraints = [
            models.CheckConstraint(
                name="directory_trustevent_kind_known",
                condition=Q(kind__in=TrustEventKind.values),
            ),
            models.CheckConstraint(
                name="directory_trustevent_source_known",
                condition=Q(source__in=TrustSource.values),
            ),
            models.UniqueConstraint(fields=["file", "key"], name="directory_trustevent_once"),
        ]
        indexes = [models.Index(fields=["file", "id"], name="directory_trustevent_ledger")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.effective_on:%Y-%m-%d}"


class TrustSnapshot(models.Model):
    """Calcul de l’indice: what the formula gave of a ledger on a day, never changed.

    `last_event_id`: up to where the ledger was read. `inputs_hash`: SHA-256 of what was read. The
    same facts, version and day give the same row again (I2). `value` may only be shown when
    `is_published`.
    """

    file = models.ForeignKey(
        TrustFile, models.PROTECT, related_name="snapshots", verbose_name=_("dossier")
    )
    parameters = models.ForeignKey(
        TrustParameters, models.PROTECT, related_name="+", verbose_name=_("version")
    )
    at = models.DateField(_("pour le"))
    computed_at = models.DateTimeField(_("calculé le"))
    last_event_id = models.BigIntegerField(_("dernier fait lu"))
    inputs_hash = models.CharField(_("empreinte des faits lus"), max_length=64)
    is_published = models.BooleanField(_("publié"))
    value = models.DecimalField(_("indice"), max_digits=7, decimal_places=4)
    letter = models.CharField(_("classe"), max_length=1)
    reliability = models.DecimalField(_("fiabilité"), max_digits=5, decimal_places=4)
    half_width = models.DecimalField(_("marge (points)"), max_digits=7, decimal_places=4)
    adhesion = models.CharField(_("adhésion"), max_length=10, blank=True)
    result = models.JSONField(_("détail"))

    class Meta:
        verbose_name = _("calcul de l’indice")
        verbose_name_plural = _("calculs de l’indice")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["file", "at", "last_event_id", "parameters"],
                name="directory_trustsnapshot_once",
            ),
            models.CheckConstraint(
                name="directory_trustsnapshot_in_range",
                condition=Q(value__gte=0, value__lte=100, reliability__gte=0, reliability__lte=1),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.file_id} {self.at:%Y-%m-%d}"


class TrustContestQuerySet(models.QuerySet["TrustContest"]):
    """Questions about contests."""

    def open(self) -> Self:
        """Keep those that wait for a decision."""
        return self.filter(status=ContestStatus.OPEN)


class TrustContest(models.Model):
    """Contestation: a provider says that a line of its index is wrong; a person decides in time."""

    file = models.ForeignKey(
        TrustFile, models.PROTECT, related_name="contests", verbose_name=_("dossier")
    )
    event = models.ForeignKey(
        TrustEvent,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="contests",
        verbose_name=_("fait contesté"),
    )
    component = models.CharField(_("partie de l’indice"), max_length=5)
    reason = models.TextField(_("ce qui est faux, et pourquoi"), max_length=2000)
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("déposée par"),
    )
    opened_at = models.DateTimeField(_("déposée le"))
    due_on = models.DateField(_("à décider avant le"))
    status = models.CharField(
        _("état"), max_length=10, choices=ContestStatus, default=ContestStatus.OPEN
    )
    decision = models.TextField(_("décision motivée"), max_length=4000, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("décidée par"),
    )
    decided_at = models.DateTimeField(_("décidée le"), null=True, blank=True)

    objects = models.Manager.from_queryset(TrustContestQuerySet)()

    class Meta:
        verbose_name = _("contestation")
        verbose_name_plural = _("contestations")
        default_permissions = ("view",)
        permissions = [("decide_trustcontest", _("Peut décider d’une contestation"))]
        constraints = [
            models.CheckConstraint(
                name="directory_trustcontest_decided_has_reasons",
                condition=Q(status=ContestStatus.OPEN, decided_at=None, decision="")
                | (
                    Q(status__in=[ContestStatus.GRANTED, ContestStatus.REJECTED])
                    & Q(decided_at__isnull=False)
                    & ~Q(decision="")
                ),
                violation_error_message=_("Une décision est motivée."),
            ),
            models.CheckConstraint(
                name="directory_trustcontest_component_known",
                condition=Q(component__in=[*COMPONENTS, "malus", "cap"]),
            ),
            models.UniqueConstraint(
                fields=["file", "component", "event"],
                name="directory_trustcontest_one_open",
                condition=Q(status=ContestStatus.OPEN),
                nulls_distinct=False,
                violation_error_message=_("Vous contestez déjà cette ligne : le centre la lit."),
            ),
        ]
        indexes = [models.Index(fields=["status", "due_on"], name="directory_contest_due")]

    def __str__(self) -> str:
        return f"{self.file} · {self.opened_at:%Y-%m-%d}"

    def is_late(self, *, on: date) -> bool:
        """Tell whether the decision should have been taken."""
        return self.status == ContestStatus.OPEN and on > self.due_on


class TrustReplyQuerySet(ReplyQuerySet["TrustReply"]):
    """Questions about replies to the index."""


class TrustReply(PublicReply):
    """Réponse publique: what a provider answers to its index, published within seven days."""

    file = models.ForeignKey(
        TrustFile, models.PROTECT, related_name="replies", verbose_name=_("dossier")
    )

    objects = models.Manager.from_queryset(TrustReplyQuerySet)()

    class Meta:
        verbose_name = _("réponse publique")
        verbose_name_plural = _("réponses publiques")
        default_permissions = ("view",)
        permissions = [("decide_trustreply", _("Peut publier ou refuser une réponse"))]
        constraints = [
            models.CheckConstraint(
                name="directory_trustreply_refused_has_reasons",
                condition=~Q(status=ReplyStatus.REFUSED) | ~Q(refusal=""),
                violation_error_message=_("Un refus est motivé."),
            ),
            models.CheckConstraint(
                name="directory_trustreply_short_enough",
                condition=LessThanOrEqual(Length("text"), LONGEST_REPLY),
            ),
            models.UniqueConstraint(
                fields=["file"],
                name="directory_trustreply_one_waiting",
                condition=Q(status=ReplyStatus.WAITING),
            ),
            models.UniqueConstraint(
                fields=["file"],
                name="directory_trustreply_one_published",
                condition=Q(status=ReplyStatus.PUBLISHED),
            ),
        ]
        indexes = [models.Index(fields=["status", "due_at"], name="directory_reply_due")]

    def __str__(self) -> str:
        return f"{self.file} · {self.written_at:%Y-%m-%d}"
