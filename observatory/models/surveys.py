"""Surveys: their frame and sample, who was asked, what was answered, editions frozen from it.

Confidential: an answer sheet belongs to a drawn unit. Anonymous: `DrawnUnit` says on what day a
unit answered, `AnonymousSheet` what somebody answered, and nothing joins the two (R2.13).
"""

import uuid
from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from emn.questionnaires.models import QuestionnaireVersion, Run, new_key
from observatory.survey_enums import (
    Allocation,
    Axis,
    Mode,
    Outcome,
    Privacy,
    Source,
    SurveyState,
    Work,
)

_BEFORE_DRAW = [SurveyState.DRAFT, SurveyState.FRAMED]


class SurveyQuerySet(models.QuerySet["Survey"]):
    """Questions about surveys."""

    def open(self) -> Self:
        """Keep those that may be answered."""
        return self.filter(state=SurveyState.OPEN)

    def with_work(self) -> Self:
        """Keep those that wait for a worker."""
        return self.exclude(work="")


class Survey(models.Model):
    """Enquête: a published questionnaire put to a sample of the register, or to whoever comes.

    `exponent`: of the power allocation; `least`: units drawn in each stratum at the least; `seed`:
    with the frame it gives the same sample again; `frame_size`: units of the population when it was
    counted; `open_key`: the secret-less link of an open survey, which takes `most_answers`; `work`:
    what a worker was asked to do, `trouble` why it could not.
    """

    code = models.SlugField(_("code"), max_length=60, unique=True)
    title = models.CharField(_("titre"), max_length=160)
    population = models.CharField(
        _("population"), max_length=200,
        help_text=_("Par exemple : les entreprises du numérique de Moselle."),
    )  # fmt: skip
    version = models.ForeignKey(
        QuestionnaireVersion, models.PROTECT, related_name="surveys",
        verbose_name=_("version du questionnaire"),
    )  # fmt: skip
    source = models.CharField(_("répondants"), max_length=8, choices=Source, default=Source.DRAWN)
    privacy = models.CharField(
        _("promesse faite"), max_length=12, choices=Privacy, default=Privacy.CONFIDENTIAL,
        help_text=_("Elle ne change plus une fois l’enquête ouverte."),
    )  # fmt: skip
    sector = models.ForeignKey(
        "territory.SectorDefinition", models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("secteur"), help_text=_("Vide : toutes les activités."),
    )  # fmt: skip
    axes = ArrayField(
        models.CharField(max_length=10, choices=Axis), verbose_name=_("strates par"),
        default=list, blank=True,
    )  # fmt: skip
    allocation = models.CharField(
        _("allocation"), max_length=12, choices=Allocation, default=Allocation.PROPORTIONAL
    )
    exponent = models.FloatField(_("exposant de l’allocation puissance"), default=0.5)
    sample_size = models.PositiveIntegerField(_("taille de l’échantillon"), default=400)
    least = models.PositiveSmallIntegerField(_("unités par strate au moins"), default=2)
    seed = models.BigIntegerField(_("graine du tirage"), null=True, blank=True)
    most_answers = models.PositiveIntegerField(
        _("réponses au plus, par lien ouvert"), default=2_000, db_default=2_000
    )
    closes_on = models.DateField(_("close à la fin du"), null=True, blank=True)
    state = models.CharField(
        _("état"), max_length=8, choices=SurveyState, default=SurveyState.DRAFT
    )
    frame_size = models.PositiveIntegerField(_("unités de la base"), null=True, blank=True)
    framed_at = models.DateTimeField(_("base comptée le"), null=True, blank=True)
    drawn_at = models.DateTimeField(_("tirée le"), null=True, blank=True)
    opened_at = models.DateTimeField(_("ouverte le"), null=True, blank=True)
    closed_at = models.DateTimeField(_("close le"), null=True, blank=True)
    open_key = models.CharField(_("clé du lien ouvert"), max_length=22, default=new_key)
    invitation = models.OneToOneField(
        "mailings.Campaign", models.SET_NULL, null=True, blank=True, related_name="survey",
        verbose_name=_("envoi d’invitation"),
    )  # fmt: skip
    work = models.CharField(_("travail demandé"), max_length=8, choices=Work, blank=True)
    work_asked_at = models.DateTimeField(_("travail demandé le"), null=True, blank=True)
    trouble = models.CharField(_("ce qui n’a pas pu se faire"), max_length=300, blank=True)
    created_at = models.DateTimeField(_("créée le"))

    objects = models.Manager.from_queryset(SurveyQuerySet)()

    class Meta:
        verbose_name = _("enquête")
        verbose_name_plural = _("enquêtes")
        permissions = [("run_survey", _("Mener une enquête"))]
        constraints = [
            models.CheckConstraint(
                name="observatory_survey_state_known", condition=Q(state__in=SurveyState.values)
            ),
            models.CheckConstraint(
                name="observatory_survey_drawn_has_its_seed",
                condition=Q(source=Source.OPEN)
                | Q(state__in=_BEFORE_DRAW)
                | Q(seed__isnull=False, drawn_at__isnull=False, frame_size__isnull=False),
            ),
            models.CheckConstraint(
                name="observatory_survey_opened_has_its_dates",
                condition=~Q(state__in=[SurveyState.OPEN, SurveyState.CLOSED])
                | Q(opened_at__isnull=False, closes_on__isnull=False),
            ),
            models.CheckConstraint(
                name="observatory_survey_closed_has_its_date",
                condition=Q(state=SurveyState.CLOSED, closed_at__isnull=False)
                | ~Q(state=SurveyState.CLOSED) & Q(closed_at=None),
            ),
            models.CheckConstraint(
                name="observatory_survey_exponent_is_a_share",
                condition=Q(exponent__gte=0, exponent__lte=1),
                violation_error_message=_("L’exposant va de 0 à 1."),
            ),
            models.CheckConstraint(
                name="observatory_survey_anonymous_is_proportional",
                condition=~Q(privacy=Privacy.ANONYMOUS, source=Source.DRAWN)
                | Q(allocation=Allocation.PROPORTIONAL),
                violation_error_message=_(
                    "Une enquête anonyme ne sait pas de quelle strate vient une réponse : son "
                    "allocation est proportionnelle."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_anonymous(self) -> bool:
        """Whether nothing ties an answer to who gave it."""
        return self.privacy == Privacy.ANONYMOUS

    @property
    def is_open_link(self) -> bool:
        """Whether whoever comes may answer."""
        return self.source == Source.OPEN


class SurveyStratum(models.Model):
    """Strate d’une enquête: units alike in what the register says of them.

    `domains`: axis → value; `size`: units of the population; `reachable`: those of them that may be
    written to (R6.10); `sole_traders`: those that are one person (R6.02; None: never counted);
    `spread`: standard deviation expected of an answer; `drawn`: how many were.
    """

    survey = models.ForeignKey(
        Survey, models.CASCADE, related_name="strata", verbose_name=_("enquête")
    )
    code = models.CharField(_("code"), max_length=60)
    domains = models.JSONField(_("domaines"), default=dict)
    size = models.PositiveIntegerField(_("unités"))
    reachable = models.PositiveIntegerField(_("unités que l’on peut joindre"))
    sole_traders = models.PositiveIntegerField(_("entreprises d’une seule personne"), null=True)
    spread = models.FloatField(_("écart type attendu"), default=0.5)
    drawn = models.PositiveIntegerField(_("unités tirées"), default=0)

    class Meta:
        verbose_name = _("strate d’enquête")
        verbose_name_plural = _("strates d’enquête")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["survey", "code"], name="observatory_surveystratum_once"
            ),
            models.CheckConstraint(
                name="observatory_surveystratum_drawn_among_reachable",
                condition=Q(drawn__lte=models.F("reachable"), reachable__lte=models.F("size")),
            ),
            models.CheckConstraint(
                name="observatory_surveystratum_sole_traders_among_units",
                condition=Q(sole_traders=None) | Q(sole_traders__lte=models.F("size")),
            ),
            models.CheckConstraint(
                name="observatory_surveystratum_spread_of_a_share",
                condition=Q(spread__gte=0, spread__lte=0.5),
                violation_error_message=_("L’écart type d’une proportion va de 0 à 0,5."),
            ),
        ]

    def __str__(self) -> str:
        return self.code


class DrawnUnitQuerySet(models.QuerySet["DrawnUnit"]):
    """Questions about drawn units."""

    def waiting(self) -> Self:
        """Keep those of which nothing is known yet."""
        return self.filter(outcome=Outcome.WAITING)

    def answered(self) -> Self:
        """Keep those that answered."""
        return self.filter(outcome=Outcome.ANSWERED)


class DrawnUnit(models.Model):
    """Unité tirée: an establishment of the sample, and what became of it.

    `domains`: what the register said the day of the draw. `settled_on`: a day, never an hour, so
    that it cannot be matched with a sheet (R2.13). `mailbox_hash`: of `email`, as the ledger of
    mailings has it.
    """

    survey = models.ForeignKey(
        Survey, models.CASCADE, related_name="units", verbose_name=_("enquête")
    )
    stratum = models.ForeignKey(
        SurveyStratum, models.CASCADE, related_name="units", verbose_name=_("strate")
    )
    siret = models.CharField(_("SIRET"), max_length=14)
    domains = models.JSONField(_("domaines"), default=dict)
    token = models.CharField(_("clé du lien"), max_length=22, unique=True, default=new_key)
    email = models.EmailField(_("adresse électronique"), blank=True)
    mailbox_hash = models.CharField(_("empreinte de l’adresse"), max_length=64, blank=True)
    outcome = models.CharField(_("suite"), max_length=8, choices=Outcome, default=Outcome.WAITING)
    settled_on = models.DateField(_("le"), null=True, blank=True)
    reminders = models.PositiveSmallIntegerField(_("relances"), default=0)
    reminded_on = models.DateField(_("relancée le"), null=True, blank=True)

    objects = models.Manager.from_queryset(DrawnUnitQuerySet)()

    class Meta:
        verbose_name = _("unité tirée")
        verbose_name_plural = _("unités tirées")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["survey", "siret"], name="observatory_drawnunit_once"),
            models.CheckConstraint(
                name="observatory_drawnunit_settled_has_its_day",
                condition=Q(outcome=Outcome.WAITING, settled_on=None)
                | ~Q(outcome=Outcome.WAITING) & Q(settled_on__isnull=False),
            ),
            models.CheckConstraint(
                name="observatory_drawnunit_token_is_long",
                condition=Q(token__regex=r"^[\w-]{22}$"),  # noqa: S106 -- a format
            ),
            models.CheckConstraint(
                name="observatory_drawnunit_address_has_its_hash",
                condition=Q(email="", mailbox_hash="") | ~Q(email="") & ~Q(mailbox_hash=""),
            ),
        ]
        indexes = [
            models.Index(fields=["survey", "mailbox_hash"], name="observatory_drawnunit_box"),
        ]

    def __str__(self) -> str:
        return self.siret

    def get_absolute_url(self) -> str:
        """Return where it answers."""
        return reverse("surveys:resume", args=[self.token])


class AnswerSheetQuerySet(models.QuerySet["AnswerSheet"]):
    """Questions about sheets."""

    def submitted(self) -> Self:
        """Keep those that count."""
        return self.filter(submitted_at__isnull=False)


class AnswerSheet(models.Model):
    """Bulletin confidentiel: the answers of a drawn unit, or of somebody who came by the open link.

    Its answers are those of its run.
    """

    survey = models.ForeignKey(
        Survey, models.CASCADE, related_name="sheets", verbose_name=_("enquête")
    )
    unit = models.OneToOneField(
        DrawnUnit, models.CASCADE, null=True, blank=True, related_name="sheet",
        verbose_name=_("unité tirée"),
    )  # fmt: skip
    run = models.OneToOneField(
        Run, models.PROTECT, related_name="sheet", verbose_name=_("passation")
    )
    mode = models.CharField(_("mode"), max_length=5, choices=Mode, default=Mode.WEB)
    submitted_at = models.DateTimeField(_("remis le"), null=True, blank=True)

    objects = models.Manager.from_queryset(AnswerSheetQuerySet)()

    class Meta:
        verbose_name = _("bulletin confidentiel")
        verbose_name_plural = _("bulletins confidentiels")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                name="observatory_answersheet_mode_known", condition=Q(mode__in=Mode.values)
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class AnonymousSheet(models.Model):
    """Bulletin anonyme: what somebody answered; not who, not when.

    Its key is drawn by chance, and the rows are written anew in a random order when the survey
    closes, so that neither key, order nor transaction tells when it came.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    survey = models.ForeignKey(
        Survey, models.CASCADE, related_name="anonymous_sheets", verbose_name=_("enquête")
    )
    answers: "models.JSONField[Any, Any]" = models.JSONField(_("réponses"))

    class Meta:
        verbose_name = _("bulletin anonyme")
        verbose_name_plural = _("bulletins anonymes")
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.pk)


class PeerShares(models.Model):
    """Réponses des pairs: what a group of respondents had answered, five new sheets at a time.

    `group`: a stratum's code; empty for everybody. `shares`: question → option → share in %, only
    what the thresholds let be shown. Renewed by steps, or two readings would give away the answer
    that came between them.
    """

    survey = models.ForeignKey(
        Survey, models.CASCADE, related_name="peer_shares", verbose_name=_("enquête")
    )
    group = models.CharField(_("groupe"), max_length=60, blank=True)
    n = models.PositiveIntegerField(_("répondants"))
    shares = models.JSONField(_("parts (%)"), default=dict)

    class Meta:
        verbose_name = _("réponses des pairs")
        verbose_name_plural = _("réponses des pairs")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["survey", "group"], name="observatory_peershares_once"),
        ]

    def __str__(self) -> str:
        return f"{self.survey_id} {self.group}"
