"""What is sent to a list: blocks, their words in each language, the links they hold."""

from datetime import datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from emn.mailings.enums import OUTCOMES, CampaignStatus, Doubts, Priority
from emn.mailings.models.consent import MailingList

BEGUN = (CampaignStatus.SENDING, CampaignStatus.PAUSED, CampaignStatus.SENT)
HELD_AFTER = timedelta(hours=2)  # an hour missed by more is asked about again (lessons 1.6)
SOUND_FOR = timedelta(days=7)  # how long a link that answered is believed


class CampaignQuerySet(models.QuerySet["Campaign"]):
    def due(self, *, now: datetime) -> Self:
        """Keep those whose hour has come."""
        return self.filter(status=CampaignStatus.SCHEDULED, scheduled_at__lte=now)

    def late(self, *, now: datetime) -> Self:
        """Keep those whose hour was missed: staff decides again."""
        return self.due(now=now).filter(scheduled_at__lt=now - HELD_AFTER)

    def to_close(self) -> Self:
        """Keep the cancelled ones of which some people still have no outcome."""
        settled = F("sent") + F("refused") + F("unknown") + F("skipped")
        return self.filter(status=CampaignStatus.CANCELLED, audience__gt=settled)

    def in_doubt(self) -> Self:
        """Keep those that are over, and whose uncertain messages wait for staff's decision."""
        return self.filter(status=CampaignStatus.SENT, unknown__gt=0, doubts=Doubts.OPEN)

    def archived(self) -> Self:
        """Keep those that everyone may read: under way or sent, of a public list, not kept out."""
        begun = self.filter(status__in=BEGUN, is_archived=True, list__is_public=True)
        return begun.exclude(slug="")

    def ahead_of(self, campaign: "Campaign", *, until: datetime) -> Self:
        """Keep those of a higher priority that have still to write to people by then."""
        under_way = Q(status__in=[CampaignStatus.SENDING, CampaignStatus.PAUSED])
        to_come = Q(status=CampaignStatus.SCHEDULED, scheduled_at__lt=until)
        return self.filter(under_way | to_come, priority__lt=campaign.priority)


class Campaign(models.Model):
    """Envoi: one message to the people of a list that a segment keeps.

    `segment`: key of a criterion → values that will do (emn.mailings.segments); empty keeps all.
    `audience`: how many rows were frozen; `sent`… `skipped`: how many of them are settled, and how.
    `slug`: where the archive shows it; empty keeps it out. `stopped_itself_at`: once staff resumed
    it after that, having read why, the stop rule leaves it alone. `stopped_by`: who paused or
    cancelled it; nobody when the rule did. `doubts`: what becomes of the `unknown`.
    `relay_trouble`: why the relay takes nothing just now.
    """

    title = models.CharField(_("nom interne"), max_length=120)
    list = models.ForeignKey(MailingList, verbose_name=_("liste"), on_delete=models.PROTECT)
    segment: Any = models.JSONField(_("destinataires"), default=dict, blank=True)
    status = models.CharField(
        _("état"), max_length=10, choices=CampaignStatus, default=CampaignStatus.DRAFT
    )
    slug = models.SlugField(_("adresse dans l’archive"), max_length=80, blank=True)
    is_archived = models.BooleanField(_("publié dans l’archive"), default=False)
    priority = models.PositiveSmallIntegerField(
        _("priorité"),
        choices=Priority,
        default=Priority.NORMAL,
        help_text=_(
            "Une personne reçoit deux envois par mois au plus : sa place est gardée pour les plus "
            "prioritaires de ceux qui sont programmés."
        ),
    )
    created_at = models.DateTimeField(_("créé le"))
    scheduled_at = models.DateTimeField(_("à envoyer le"), null=True, blank=True)
    started_at = models.DateTimeField(_("commencé le"), null=True, blank=True)
    finished_at = models.DateTimeField(_("terminé le"), null=True, blank=True)
    stopped_reason = models.CharField(_("pourquoi il est arrêté"), max_length=200, blank=True)
    stopped_at = models.DateTimeField(_("arrêté le"), null=True, blank=True, editable=False)
    stopped_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("arrêté par"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
    )
    audience = models.PositiveIntegerField(_("destinataires retenus"), null=True, blank=True)
    relay_trouble = models.CharField(
        _("ce que dit le relais"), max_length=80, blank=True, editable=False
    )
    stopped_itself_at = models.DateTimeField(
        _("arrêté de lui-même le"), null=True, blank=True, editable=False
    )
    sent = models.PositiveIntegerField(_("remis au relais"), default=0)
    refused = models.PositiveIntegerField(_("refusés"), default=0)
    unknown = models.PositiveIntegerField(_("incertains"), default=0)
    skipped = models.PositiveIntegerField(_("écartés"), default=0)
    doubts = models.CharField(
        _("incertains"), max_length=8, choices=Doubts, blank=True, default=Doubts.OPEN
    )
    doubts_decided_at = models.DateTimeField(
        _("incertains décidés le"), null=True, blank=True, editable=False
    )
    doubts_decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("incertains décidés par"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("décidé par"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )

    objects = models.Manager.from_queryset(CampaignQuerySet)()

    class Meta:
        verbose_name = _("envoi")
        verbose_name_plural = _("envois")
        permissions = [("send_campaign", "Envoyer, arrêter, reprendre un envoi")]
        constraints = [
            models.CheckConstraint(
                name="mailings_campaign_status", condition=Q(status__in=CampaignStatus.values)
            ),
            models.CheckConstraint(
                name="mailings_campaign_priority", condition=Q(priority__in=Priority.values)
            ),
            models.CheckConstraint(
                name="mailings_campaign_scheduled",
                condition=~Q(status=CampaignStatus.SCHEDULED) | Q(scheduled_at__isnull=False),
                violation_error_message=_("Un envoi programmé porte son heure."),
            ),
            models.CheckConstraint(
                name="mailings_campaign_started",
                condition=~Q(status__in=list(BEGUN))
                | Q(started_at__isnull=False, audience__isnull=False),
                violation_error_message=_("Un envoi commencé a ses destinataires."),
            ),
            models.CheckConstraint(
                name="mailings_campaign_doubts",
                condition=Q(doubts=Doubts.OPEN)
                | Q(doubts__in=Doubts.values, doubts_decided_at__isnull=False),
                violation_error_message=_("Une décision porte son heure."),
            ),
            models.UniqueConstraint(
                fields=["slug"], condition=~Q(slug=""), name="mailings_campaign_slug"
            ),
        ]
        indexes = [
            models.Index(
                F("scheduled_at"),
                name="mailings_campaign_due",
                condition=Q(status=CampaignStatus.SCHEDULED),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def settled(self) -> int:
        """How many people of the audience have their outcome."""
        return self.sent + self.refused + self.unknown + self.skipped

    @property
    def left(self) -> int:
        """How many people of the audience have no outcome yet."""
        return max(0, (self.audience or 0) - self.settled)

    @property
    def percent(self) -> int:
        """How much of the audience has its outcome; 100 only once all have."""
        return 100 * self.settled // self.audience if self.audience else 0

    @property
    def tenths(self) -> int:
        """The same, by steps of ten: what is worth being said aloud."""
        return self.percent // 10 * 10

    @property
    def is_stopped_by_rule(self) -> bool:
        """Whether it stopped by itself, and nobody decided since (R3.10)."""
        return (
            self.status == CampaignStatus.PAUSED
            and self.stopped_at is not None
            and self.stopped_at == self.stopped_itself_at
        )

    @property
    def is_in_doubt(self) -> bool:
        """Whether it is over, and its uncertain messages wait for a decision."""
        return (
            self.status == CampaignStatus.SENT and self.unknown > 0 and self.doubts == Doubts.OPEN
        )

    @property
    def is_moving(self) -> bool:
        """Whether a worker has something to do for it."""
        return (
            self.status == CampaignStatus.SENDING
            or (self.status == CampaignStatus.CANCELLED and self.left > 0)
            or self.doubts == Doubts.AGAIN
        )


class Edition(models.Model):
    """Version: an envoi in one language. Frozen (`subject`, `text`, `html`) when it is sent.

    `audience`: how many people were frozen to get it.
    """

    campaign = models.ForeignKey(
        Campaign, verbose_name=_("envoi"), on_delete=models.CASCADE, related_name="editions"
    )
    language = models.CharField(_("langue"), max_length=2, choices=settings.LANGUAGES)
    subject = models.CharField(_("objet"), max_length=120)
    preheader = models.CharField(_("aperçu après l’objet"), max_length=150, blank=True)
    frozen_at = models.DateTimeField(_("figée le"), null=True, blank=True)
    audience = models.PositiveIntegerField(
        _("destinataires retenus"), null=True, blank=True, editable=False
    )
    text = models.TextField(_("texte figé"), blank=True)
    html = models.TextField(_("page figée"), blank=True)

    class Meta:
        verbose_name = _("version")
        verbose_name_plural = _("versions")
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "language"], name="mailings_edition_once_per_language"
            ),
            models.CheckConstraint(
                name="mailings_edition_one_line",
                condition=~Q(subject__regex=r"[\r\n]"),
                violation_error_message=_("Un objet tient sur une ligne."),
            ),
        ]

    def __str__(self) -> str:
        return self.subject


class Progress(models.Model):
    """Avancement: how many people got their outcome in a minute, in one language.

    Added up, it says what a ledger of a million rows would only say in seconds. A doubt that is
    sent again is counted back: `count` may be negative.
    """

    campaign = models.ForeignKey(
        Campaign, verbose_name=_("envoi"), on_delete=models.CASCADE, related_name="progress"
    )
    minute = models.DateTimeField(_("minute"))
    language = models.CharField(_("langue"), max_length=2, choices=settings.LANGUAGES)
    outcome = models.CharField(_("issue"), max_length=12, choices=OUTCOMES)
    count = models.IntegerField(_("personnes"))

    class Meta:
        verbose_name = _("avancement d’un envoi")
        verbose_name_plural = _("avancements des envois")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "minute", "language", "outcome"],
                name="mailings_progress_once_a_minute",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.minute} {self.outcome}"


class AudienceCount(models.Model):
    """Compte des destinataires: who would receive an envoi, as the worker last counted.

    `figures`: matching, receiving, left_out (reason → people); none before the first count, or when
    the segment names a criterion that no longer exists. Asked again whenever an answer may change.
    """

    campaign = models.OneToOneField(
        Campaign,
        verbose_name=_("envoi"),
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="count",
    )
    asked_at = models.DateTimeField(_("demandé le"))
    counted_at = models.DateTimeField(_("compté le"), null=True, blank=True)
    figures: Any = models.JSONField(_("chiffres"), null=True, blank=True)

    class Meta:
        verbose_name = _("compte des destinataires")
        verbose_name_plural = _("comptes des destinataires")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.campaign_id}"

    @property
    def is_running(self) -> bool:
        """Whether a figure is awaited."""
        return self.counted_at is None or self.counted_at < self.asked_at


class Block(models.Model):
    """Bloc: a piece of an envoi, of a registered kind (emn.mailings.blocks).

    `content`: language → what that kind's form holds; what is common stands under «all».
    """

    campaign = models.ForeignKey(
        Campaign, verbose_name=_("envoi"), on_delete=models.CASCADE, related_name="blocks"
    )
    position = models.PositiveSmallIntegerField(_("place"))
    kind = models.CharField(_("genre"), max_length=40)
    content: Any = models.JSONField(_("contenu"), default=dict, blank=True)

    class Meta:
        verbose_name = _("bloc")
        verbose_name_plural = _("blocs")
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "position"],
                name="mailings_block_one_per_place",
                deferrable=models.Deferrable.DEFERRED,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.position} {self.kind}"


class CampaignLink(models.Model):
    """Lien d’un envoi: where a link leads; the same address for every reader (R2.07)."""

    campaign = models.ForeignKey(
        Campaign, verbose_name=_("envoi"), on_delete=models.CASCADE, related_name="links"
    )
    number = models.PositiveSmallIntegerField(_("numéro"))
    url = models.URLField(_("adresse"), max_length=1000)

    class Meta:
        verbose_name = _("lien d’un envoi")
        verbose_name_plural = _("liens d’un envoi")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "number"], name="mailings_campaignlink_number"
            ),
            models.UniqueConstraint(fields=["campaign", "url"], name="mailings_campaignlink_url"),
        ]

    def __str__(self) -> str:
        return self.url


class LinkClicks(models.Model):
    """Clics d’un lien: how many in a day, without robots nor people (R2.07)."""

    link = models.ForeignKey(
        CampaignLink, verbose_name=_("lien"), on_delete=models.CASCADE, related_name="clicks"
    )
    on = models.DateField(_("jour"))
    count = models.PositiveIntegerField(_("clics"))

    class Meta:
        verbose_name = _("clics d’un lien")
        verbose_name_plural = _("clics des liens")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["link", "on"], name="mailings_linkclicks_once_a_day"),
        ]

    def __str__(self) -> str:
        return f"{self.on} {self.count}"


class LinkCheckQuerySet(models.QuerySet["LinkCheck"]):
    def sound(self, *, now: datetime) -> Self:
        """Keep the addresses that answered not long ago."""
        return self.filter(problem="", checked_at__gt=now - SOUND_FOR)


class LinkCheck(models.Model):
    """Lien vérifié: what an address answered when it was last asked; no `problem`: sound."""

    url = models.URLField(_("adresse"), max_length=1000, unique=True)
    problem = models.CharField(_("défaut"), max_length=200, blank=True)
    checked_at = models.DateTimeField(_("vérifié le"))

    objects = models.Manager.from_queryset(LinkCheckQuerySet)()

    class Meta:
        verbose_name = _("lien vérifié")
        verbose_name_plural = _("liens vérifiés")
        default_permissions = ()

    def __str__(self) -> str:
        return self.url
