"""Trainings: the catalogue, the sessions in half-days, who comes, who signs, what is kept."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from directory.models import Provider
from events import half_days
from events.enums import (
    DocumentKind,
    EnrolmentEnd,
    Funding,
    SatisfactionMoment,
    SessionKind,
    SessionStatus,
    SignatureMethod,
    SkillLevel,
    TraineeKind,
)
from events.models.orders import Order, Product
from events.models.registrations import Registration
from events.models.sessions import Session

# What R4.03 wants everyone to read before registering; the objectives, trainers and price are rows.
SHOWN_BEFORE = (
    "summary", "audience", "prerequisites", "programme", "methods", "assessment", "means",
    "accessibility", "access_terms",
)  # fmt: skip
RESERVED_SLUGS = frozenset({"reglement-interieur", "demande-recue", "bpf", "invitation"})
BEST_SCORE = 5


def label_of(name: str) -> str:
    """Return how a text of a training is called."""
    field = Training._meta.get_field(name)
    assert isinstance(field, models.Field)
    return str(field.verbose_name)


def validate_slug_is_free(value: str) -> None:
    """Refuse the words that the addresses of trainings use themselves."""
    if value in RESERVED_SLUGS:
        raise ValidationError(_now("Cette adresse sert déjà au catalogue."))


class Trainer(models.Model):  # type: ignore[django-manager-missing]
    """Formateur: who teaches, with what qualifies them; signs each half-day by mail."""

    name = models.CharField(_("nom"), max_length=120)
    email = models.EmailField(_("courriel"), blank=True)
    qualifications = models.TextField(
        _("titres et expérience"), help_text=_("Lus sur la page de la formation (R4.03).")
    )
    provider = models.ForeignKey(
        Provider, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("fiche de l’annuaire"),
    )  # fmt: skip

    class Meta:
        verbose_name = _("formateur")
        verbose_name_plural = _("formateurs")

    def __str__(self) -> str:
        return self.name


class TrainingQuerySet(models.QuerySet["Training"]):
    """Questions about trainings."""

    def published(self) -> Self:
        """Keep what the catalogue shows."""
        return self.filter(is_published=True)

    def with_page(self) -> Self:
        """Load what a page shows."""
        return self.prefetch_related("objectives", "trainers__provider")


class Training(models.Model):  # type: ignore[django-manager-missing]
    """Formation: what is taught, to whom, how and for how long; its sessions are dated apart."""

    slug = models.SlugField(
        _("adresse"), max_length=80, unique=True, validators=[validate_slug_is_free]
    )
    is_published = models.BooleanField(_("au catalogue"), default=False)
    position = models.PositiveSmallIntegerField(_("rang"), default=0)
    title = models.CharField(_("titre"), max_length=140)
    summary = models.CharField(_("résumé"), max_length=300)
    audience = models.TextField(_("public visé"))
    prerequisites = models.TextField(_("prérequis"), help_text=_("« Aucun » s’il n’y en a pas."))
    programme = models.TextField(_("programme"), help_text=_("Une ligne par étape."))
    methods = models.TextField(_("méthodes pédagogiques"))
    assessment = models.TextField(_("suivi et évaluation"))
    means = models.TextField(_("moyens"), help_text=_("Matériels, documents, encadrement."))
    accessibility = models.TextField(_("accessibilité aux personnes handicapées"))
    access_terms = models.TextField(_("modalités et délais d’accès"))
    certification = models.TextField(
        _("certification"), blank=True, help_text=_("Vide : la formation n’en donne aucune.")
    )
    hours = models.DecimalField(
        _("durée (heures)"), max_digits=5, decimal_places=1, validators=[MinValueValidator(1)]
    )
    product = models.ForeignKey(
        Product, models.PROTECT, null=True, blank=True, related_name="trainings",
        verbose_name=_("produit vendu"), help_text=_("Son prix est celui d’un stagiaire."),
    )  # fmt: skip
    trainers = models.ManyToManyField(
        Trainer, related_name="trainings", blank=True, verbose_name=_("formateurs")
    )
    changed_at = models.DateTimeField(_("modifiée le"), editable=False)

    objects = models.Manager.from_queryset(TrainingQuerySet)()

    class Meta:
        verbose_name = _("formation")
        verbose_name_plural = _("formations")
        permissions = [("run_training", _("Peut conduire les formations et leurs dossiers"))]
        constraints = [
            models.CheckConstraint(
                name="events_training_lasts",
                condition=Q(hours__gt=0),
                violation_error_message=_("Une formation dure au moins une heure."),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Return its page in the catalogue."""
        return reverse("trainings:training", args=[self.slug])

    @classmethod
    def word_of(cls, name: str) -> str:
        """Return what a field is called, in the current language."""
        found = cls._meta.get_field(name)
        assert isinstance(found, models.Field)
        return str(found.verbose_name)


class Objective(models.Model):  # type: ignore[django-manager-missing]
    """Objectif de formation: what one is able to do at the end; evaluated trainee by trainee."""

    training = models.ForeignKey(
        Training, models.CASCADE, related_name="objectives", verbose_name=_("formation")
    )
    text = models.CharField(
        _("objectif"), max_length=300, help_text=_("Commence par un verbe : « Rédiger… »")
    )
    position = models.PositiveSmallIntegerField(_("rang"), default=0)

    class Meta:
        verbose_name = _("objectif de formation")
        verbose_name_plural = _("objectifs de formation")

    def __str__(self) -> str:
        return self.text


class TrainingSessionQuerySet(models.QuerySet["TrainingSession"]):
    """Questions about training sessions."""

    def to_close(self, *, now: datetime) -> Self:
        """Keep those that are over, and whose file is not closed."""
        return self.filter(
            closed_at=None, session__ends_at__lte=now, session__status=SessionStatus.PUBLISHED
        )


class TrainingSession(models.Model):
    """Session de formation: what a session of the agenda is besides, when it is a training.

    `closed_at`: the file is whole; nothing of it changes any more. `followed_sequence`: the last
    move of the session that its half-days and its orders follow.
    """

    session = models.OneToOneField(
        Session, models.PROTECT, related_name="training_session", verbose_name=_("session"),
        limit_choices_to={"kind": SessionKind.TRAINING},
    )  # fmt: skip
    training = models.ForeignKey(
        Training, models.PROTECT, related_name="training_sessions", verbose_name=_("formation")
    )
    trainers = models.ManyToManyField(
        Trainer, related_name="training_sessions", verbose_name=_("formateurs")
    )
    hot_asked_at = models.DateTimeField(
        _("satisfaction à chaud demandée le"), null=True, blank=True
    )
    cold_asked_at = models.DateTimeField(
        _("satisfaction à froid demandée le"), null=True, blank=True
    )
    followed_sequence = models.PositiveIntegerField(_("dernier report suivi"), default=0)
    closed_at = models.DateTimeField(_("close le"), null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("close par"),
    )  # fmt: skip

    objects = models.Manager.from_queryset(TrainingSessionQuerySet)()

    class Meta:
        verbose_name = _("session de formation")
        verbose_name_plural = _("sessions de formation")
        default_permissions = ("view", "add", "change")

    def __str__(self) -> str:
        return str(self.session)


class TrainerChange(models.Model):
    """Remplacement d’un formateur: who teaches from then on, in whose place, and why."""

    training_session = models.ForeignKey(
        TrainingSession, models.PROTECT, related_name="trainer_changes",
        verbose_name=_("session de formation"),
    )  # fmt: skip
    former = models.ForeignKey(
        Trainer, models.PROTECT, related_name="+", verbose_name=_("formateur remplacé")
    )
    latter = models.ForeignKey(
        Trainer, models.PROTECT, related_name="+", verbose_name=_("remplaçant")
    )
    reason = models.CharField(_("motif"), max_length=200)
    changed_at = models.DateTimeField(_("remplacé le"))
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+",
        verbose_name=_("remplacé par"),
    )  # fmt: skip

    class Meta:
        verbose_name = _("remplacement d’un formateur")
        verbose_name_plural = _("remplacements de formateurs")
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                name="events_trainerchange_is_a_change", condition=~Q(former=F("latter"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.former} → {self.latter}"


class HalfDay(models.Model):
    """Demi-journée: the span that one signature covers (R4.06)."""

    training_session = models.ForeignKey(
        TrainingSession, models.PROTECT, related_name="half_days",
        verbose_name=_("session de formation"),
    )  # fmt: skip
    starts_at = models.DateTimeField(_("début"))
    ends_at = models.DateTimeField(_("fin"))
    links_sent_at = models.DateTimeField(_("liens envoyés le"), null=True, blank=True)

    class Meta:
        verbose_name = _("demi-journée")
        verbose_name_plural = _("demi-journées")
        constraints = [
            models.UniqueConstraint(
                fields=["training_session", "starts_at"], name="events_halfday_once"
            ),
            models.CheckConstraint(
                name="events_halfday_ends_after_start",
                condition=Q(ends_at__gt=F("starts_at")),
                violation_error_message=_("La fin suit le début."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.starts_at:%d/%m/%Y %H:%M}"

    @property
    def minutes(self) -> int:
        """How long it lasts."""
        return half_days.minutes([(self.starts_at, self.ends_at)])

    def is_open(self, *, now: datetime) -> bool:
        """Whether it may be signed now."""
        return half_days.is_open(self.starts_at, self.ends_at, now=now)


class EnrolmentQuerySet(models.QuerySet["Enrolment"]):
    """Questions about enrolments."""

    def signed(self) -> Self:
        """Keep those whose agreement stands."""
        return self.filter(signed_at__isnull=False, ended_at=None)

    def going(self) -> Self:
        """Keep those that did not end."""
        return self.filter(ended_at=None)


class Enrolment(models.Model):
    """Dossier d’inscription: one buyer, its trainees and their agreement, for one session.

    The buyer, the price and the language are the order’s. `expires_at`: until when the seats wait,
    first for the mailbox, then for the signature. `informed_at`: when the buyer was shown what
    R4.03 lists. `signature_sha256`: of the text that was signed. `origin`: where it was signed
    from, shortened to a network. `early_request`: the words with which an individual asked for a
    start before the end of the withdrawal (C. conso L221-25). `owed_cents`: what stays owed once
    it ended, before tax, for the hours attended.
    """

    training_session = models.ForeignKey(
        TrainingSession, models.PROTECT, related_name="enrolments",
        verbose_name=_("session de formation"),
    )  # fmt: skip
    order = models.OneToOneField(
        Order, models.PROTECT, related_name="enrolment", verbose_name=_("commande")
    )
    funding = models.CharField(_("financement"), max_length=8, choices=Funding)

    created_at = models.DateTimeField(_("ouvert le"))
    informed_at = models.DateTimeField(_("informations lues le"))
    confirmed_at = models.DateTimeField(_("courriel confirmé le"), null=True, blank=True)
    expires_at = models.DateTimeField(_("places gardées jusqu’au"), null=True, blank=True)
    signed_at = models.DateTimeField(_("signé le"), null=True, blank=True)
    signed_at_a_distance = models.BooleanField(_("signé à distance"), default=True)
    signatory_name = models.CharField(_("signataire"), max_length=120, blank=True)
    signatory_role = models.CharField(_("qualité du signataire"), max_length=120, blank=True)
    drawing = models.TextField(_("tracé de la signature"), blank=True)
    signature_sha256 = models.CharField(_("empreinte signée"), max_length=64, blank=True)
    origin = models.CharField(_("réseau d’origine"), max_length=45, blank=True)
    early_request = models.TextField(_("demande expresse de début"), blank=True)
    ended_at = models.DateTimeField(_("terminé le"), null=True, blank=True)
    end_reason = models.CharField(
        _("motif de fin"), max_length=10, choices=EnrolmentEnd, blank=True
    )
    end_note = models.CharField(_("ce qui est arrivé"), max_length=300, blank=True)
    owed_cents = models.PositiveIntegerField(_("reste dû hors taxes (centimes)"), default=0)
    forgotten_at = models.DateTimeField(_("oublié le"), null=True, blank=True)

    objects = models.Manager.from_queryset(EnrolmentQuerySet)()

    class Meta:
        verbose_name = _("dossier d’inscription")
        verbose_name_plural = _("dossiers d’inscription")
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                name="events_enrolment_seats_wait_until_signed_or_ended",
                condition=Q(expires_at__isnull=False, signed_at=None, ended_at=None)
                | (Q(expires_at=None) & ~Q(signed_at=None, ended_at=None)),
            ),
            models.CheckConstraint(
                name="events_enrolment_ended_says_why",
                condition=Q(ended_at=None, end_reason="")
                | Q(ended_at__isnull=False, end_reason__in=EnrolmentEnd.values),
            ),
            models.CheckConstraint(
                name="events_enrolment_signature_has_its_text",
                condition=Q(signed_at=None, signature_sha256="")
                | Q(signed_at__isnull=False, signature_sha256__regex="^[0-9a-f]{64}$"),
            ),
            models.CheckConstraint(
                name="events_enrolment_owes_once_ended",
                condition=Q(owed_cents=0) | Q(ended_at__isnull=False),
            ),
            models.CheckConstraint(
                name="events_enrolment_funding_known", condition=Q(funding__in=Funding.values)
            ),
        ]
        indexes = [
            models.Index(
                fields=["expires_at"],
                name="events_enrolment_clock",
                condition=Q(expires_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.order.reference

    @property
    def is_individual(self) -> bool:
        """Whether a person buys at their own expense: a contract and its clocks (R4.04)."""
        return self.order.is_individual

    @property
    def agreement_kind(self) -> DocumentKind:
        """A convention with a legal person, a contract with an individual (R4.01)."""
        return DocumentKind.CONTRACT if self.is_individual else DocumentKind.CONVENTION

    @property
    def is_signed(self) -> bool:
        """Whether its agreement stands."""
        return self.signed_at is not None and self.ended_at is None


class Trainee(models.Model):
    """Stagiaire: a registration that a training follows, from positioning to certificate.

    `positioning`: what the person said of each objective beforehand, 0 to 3, and its expectations.
    """

    registration = models.OneToOneField(
        Registration, models.PROTECT, primary_key=True, related_name="trainee",
        verbose_name=_("inscription"),
    )  # fmt: skip
    enrolment = models.ForeignKey(
        Enrolment, models.PROTECT, related_name="trainees",
        verbose_name=_("dossier d’inscription"),
    )  # fmt: skip
    kind = models.CharField(_("statut"), max_length=12, choices=TraineeKind)
    positioned_at = models.DateTimeField(_("positionnement rempli le"), null=True, blank=True)
    positioning = models.JSONField(_("positionnement"), default=dict, blank=True)
    convoked_at = models.DateTimeField(_("convoqué le"), null=True, blank=True)
    evaluated_at = models.DateTimeField(_("évalué le"), null=True, blank=True)

    class Meta:
        verbose_name = _("stagiaire")
        verbose_name_plural = _("stagiaires")
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                name="events_trainee_kind_known", condition=Q(kind__in=TraineeKind.values)
            ),
        ]

    def __str__(self) -> str:
        return self.registration.full_name or str(self.pk)


class Signature(models.Model):
    """Émargement: one half-day, signed by a trainee or a trainer; only ever added.

    `signed_at`: the instant of the act. A late one, or an absence, is noted by a trainer, with the
    reason. `sha256`: of what was signed (half-day, person, name, drawing, instant). `origin`: the
    network, never the address.
    """

    half_day = models.ForeignKey(
        HalfDay, models.PROTECT, related_name="signatures", verbose_name=_("demi-journée")
    )
    trainee = models.ForeignKey(
        Trainee, models.PROTECT, null=True, related_name="signatures", verbose_name=_("stagiaire")
    )
    trainer = models.ForeignKey(
        Trainer, models.PROTECT, null=True, related_name="signatures", verbose_name=_("formateur")
    )
    method = models.CharField(_("manière"), max_length=6, choices=SignatureMethod)
    signed_at = models.DateTimeField(_("signé le"))
    full_name = models.CharField(_("nom"), max_length=120, blank=True)
    drawing = models.TextField(_("tracé"), blank=True)
    reason = models.CharField(_("motif"), max_length=300, blank=True)
    noted_by = models.ForeignKey(
        Trainer, models.PROTECT, null=True, related_name="+", verbose_name=_("noté par")
    )
    sha256 = models.CharField(_("empreinte"), max_length=64)
    origin = models.CharField(_("réseau d’origine"), max_length=45, blank=True)

    class Meta:
        verbose_name = _("émargement")
        verbose_name_plural = _("émargements")
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                name="events_signature_by_one_person",
                condition=Q(trainee=None) ^ Q(trainer=None),
            ),
            models.UniqueConstraint(
                fields=["half_day", "trainee"],
                condition=Q(trainee__isnull=False),
                name="events_signature_once_per_trainee",
            ),
            models.UniqueConstraint(
                fields=["half_day", "trainer"],
                condition=Q(trainer__isnull=False),
                name="events_signature_once_per_trainer",
            ),
            models.CheckConstraint(
                name="events_signature_noted_by_a_trainer_with_a_reason",
                condition=(
                    Q(method__in=[SignatureMethod.DRAWN, SignatureMethod.TYPED])
                    & Q(noted_by=None, reason="")
                )
                | (
                    Q(method__in=[SignatureMethod.LATE, SignatureMethod.ABSENT])
                    & Q(noted_by__isnull=False)
                    & ~Q(reason="", full_name__gt="")  # who is forgotten leaves no reason
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.half_day} · {self.get_method_display()}"

    @property
    def is_presence(self) -> bool:
        """Whether it says that the person was there."""
        return self.method != SignatureMethod.ABSENT


class RemoteConnection(models.Model):
    """Connexion à distance: when a trainee joined the class by the portal; only ever added."""

    half_day = models.ForeignKey(
        HalfDay, models.PROTECT, related_name="connections", verbose_name=_("demi-journée")
    )
    trainee = models.ForeignKey(
        Trainee, models.PROTECT, related_name="connections", verbose_name=_("stagiaire")
    )
    joined_at = models.DateTimeField(_("rejoint le"))

    class Meta:
        verbose_name = _("connexion à distance")
        verbose_name_plural = _("connexions à distance")
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.joined_at:%d/%m/%Y %H:%M}"


class SkillEvaluation(models.Model):
    """Évaluation d’un objectif: where one trainee stands with one objective at the end."""

    trainee = models.ForeignKey(
        Trainee, models.PROTECT, related_name="evaluations", verbose_name=_("stagiaire")
    )
    objective = models.ForeignKey(
        Objective, models.PROTECT, related_name="+", verbose_name=_("objectif")
    )
    level = models.CharField(_("niveau"), max_length=12, choices=SkillLevel)
    trainer = models.ForeignKey(
        Trainer, models.PROTECT, related_name="+", verbose_name=_("formateur")
    )
    evaluated_at = models.DateTimeField(_("évalué le"))

    class Meta:
        verbose_name = _("évaluation d’un objectif")
        verbose_name_plural = _("évaluations d’objectifs")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["trainee", "objective"], name="events_skillevaluation_once"
            ),
            models.CheckConstraint(
                name="events_skillevaluation_level_known",
                condition=Q(level__in=SkillLevel.values),
            ),
        ]

    def __str__(self) -> str:
        return self.get_level_display()


class Satisfaction(models.Model):
    """Satisfaction: what one trainee says, at the end and three to six months later; once each.

    `score` of 1 to 5 on the whole; `useful`: whether it serves at work.
    """

    trainee = models.ForeignKey(
        Trainee, models.PROTECT, related_name="satisfactions", verbose_name=_("stagiaire")
    )
    moment = models.CharField(_("moment"), max_length=4, choices=SatisfactionMoment)
    score = models.PositiveSmallIntegerField(_("note sur 5"))
    useful = models.PositiveSmallIntegerField(_("utilité sur 5"))
    comment = models.TextField(_("remarques"), blank=True)
    answered_at = models.DateTimeField(_("répondu le"))

    class Meta:
        verbose_name = _("réponse de satisfaction")
        verbose_name_plural = _("réponses de satisfaction")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["trainee", "moment"], name="events_satisfaction_once_per_moment"
            ),
            models.CheckConstraint(
                name="events_satisfaction_scores_in_range",
                condition=Q(score__range=(1, BEST_SCORE)) & Q(useful__range=(1, BEST_SCORE)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_moment_display()} · {self.score}/{BEST_SCORE}"


class TrainingDocumentQuerySet(models.QuerySet["TrainingDocument"]):
    """Questions about documents."""

    def made(self) -> Self:
        """Keep those whose PDF is there."""
        return self.filter(emptied_at=None).exclude(sha256="")

    def unmade(self) -> Self:
        """Keep those that wait for a worker."""
        return self.filter(emptied_at=None, sha256="")


class TrainingDocument(models.Model):
    """Document de formation: a PDF as it was issued, with its version and its hash; only added.

    `paper`: what it says, until a worker made `content` of it, once. `said_sha256`: of what it
    says, without its day; empty for the oldest. `content` is emptied, and nothing else, once its
    period is over.
    """

    training_session = models.ForeignKey(
        TrainingSession, models.PROTECT, related_name="documents",
        verbose_name=_("session de formation"),
    )  # fmt: skip
    enrolment = models.ForeignKey(
        Enrolment, models.PROTECT, null=True, related_name="documents",
        verbose_name=_("dossier d’inscription"),
    )  # fmt: skip
    trainee = models.ForeignKey(
        Trainee, models.PROTECT, null=True, related_name="documents", verbose_name=_("stagiaire")
    )
    kind = models.CharField(_("nature"), max_length=12, choices=DocumentKind)
    version = models.PositiveSmallIntegerField(_("version"))
    issued_at = models.DateTimeField(_("émis le"))
    paper = models.JSONField(_("ce qu’il dit"), default=dict, blank=True, encoder=DjangoJSONEncoder)
    said_sha256 = models.CharField(
        _("empreinte du texte"), max_length=64, blank=True, default="", db_default=""
    )
    sha256 = models.CharField(_("empreinte"), max_length=64, blank=True)
    content = models.BinaryField(_("contenu"), default=bytes)
    emptied_at = models.DateTimeField(_("vidé le"), null=True)

    objects = models.Manager.from_queryset(TrainingDocumentQuerySet)()

    class Meta:
        verbose_name = _("document de formation")
        verbose_name_plural = _("documents de formation")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["training_session", "enrolment", "trainee", "kind", "version"],
                name="events_trainingdocument_one_version",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="events_trainingdocument_kind_known",
                condition=Q(kind__in=DocumentKind.values),
            ),
        ]
        indexes = [
            models.Index(
                fields=["issued_at"],
                name="events_trainingdocument_unmade",
                condition=Q(sha256="", emptied_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} v{self.version}"

    @property
    def reference(self) -> str:
        """What its foot says: «F-12-certificate-3 v1»."""
        return f"{self.training_session_id}-{self.kind}-{self.trainee_id or self.enrolment_id or 0}"


class TrainingComplaint(models.Model):
    """Réclamation: what was reproached, answered, improved (indicators 31 and 32)."""

    training_session = models.ForeignKey(
        TrainingSession, models.PROTECT, null=True, blank=True, related_name="complaints",
        verbose_name=_("session de formation"),
    )  # fmt: skip
    received_on = models.DateField(_("reçue le"))
    text = models.TextField(_("réclamation"))
    answer = models.TextField(_("réponse"), blank=True)
    answered_on = models.DateField(_("répondue le"), null=True, blank=True)
    improvement = models.TextField(_("ce qui a été amélioré"), blank=True)

    class Meta:
        verbose_name = _("réclamation sur une formation")
        verbose_name_plural = _("réclamations sur les formations")
        constraints = [
            models.CheckConstraint(
                name="events_trainingcomplaint_answer_is_dated",
                condition=Q(answer="", answered_on=None)
                | (~Q(answer="") & Q(answered_on__isnull=False)),
                violation_error_message=_("Une réponse porte sa date."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.received_on:%d/%m/%Y}"
