"""What is sent to a list: blocks, their words in each language, the links they hold."""

from datetime import datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from emn.mailings.enums import CampaignStatus
from emn.mailings.models.consent import MailingList

HELD_AFTER = timedelta(hours=2)  # an hour missed by more is asked about again (lessons 1.6)
SOUND_FOR = timedelta(days=7)  # how long a link that answered is believed


class CampaignQuerySet(models.QuerySet["Campaign"]):
    def due(self, *, now: datetime) -> Self:
        """Keep those whose hour has come."""
        return self.filter(status=CampaignStatus.SCHEDULED, scheduled_at__lte=now)

    def late(self, *, now: datetime) -> Self:
        """Keep those whose hour was missed: staff decides again."""
        return self.due(now=now).filter(scheduled_at__lt=now - HELD_AFTER)

    def archived(self) -> Self:
        """Keep those that everyone may read: on their way or sent, and not kept out."""
        return self.filter(
            status__in=[CampaignStatus.SENDING, CampaignStatus.PAUSED, CampaignStatus.SENT],
            is_archived=True,
        ).exclude(slug="")


class Campaign(models.Model):
    """Envoi: one message to the people of a list that a segment keeps.

    `segment`: key of a criterion → values that will do (emn.mailings.segments); empty keeps all.
    `audience`: how many rows were frozen; `sent`… `skipped`: how many of them are settled, and how.
    `slug`: where the archive shows it; empty keeps it out. `stopped_itself_at`: once staff resumed
    it after that, having read why, the stop rule leaves it alone.
    """

    title = models.CharField(_("nom interne"), max_length=120)
    list = models.ForeignKey(MailingList, verbose_name=_("liste"), on_delete=models.PROTECT)
    segment: Any = models.JSONField(_("destinataires"), default=dict, blank=True)
    status = models.CharField(
        _("état"), max_length=10, choices=CampaignStatus, default=CampaignStatus.DRAFT
    )
    slug = models.SlugField(_("adresse dans l’archive"), max_length=80, blank=True)
    is_archived = models.BooleanField(_("publié dans l’archive"), default=True)
    created_at = models.DateTimeField(_("créé le"))
    scheduled_at = models.DateTimeField(_("à envoyer le"), null=True, blank=True)
    started_at = models.DateTimeField(_("commencé le"), null=True, blank=True)
    finished_at = models.DateTimeField(_("terminé le"), null=True, blank=True)
    stopped_reason = models.CharField(_("pourquoi il est arrêté"), max_length=200, blank=True)
    audience = models.PositiveIntegerField(_("destinataires retenus"), null=True, blank=True)
    stopped_itself_at = models.DateTimeField(
        _("arrêté de lui-même le"), null=True, blank=True, editable=False
    )
    sent = models.PositiveIntegerField(_("remis au relais"), default=0)
    refused = models.PositiveIntegerField(_("refusés"), default=0)
    unknown = models.PositiveIntegerField(_("incertains"), default=0)
    skipped = models.PositiveIntegerField(_("écartés"), default=0)
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
                name="mailings_campaign_scheduled",
                condition=~Q(status=CampaignStatus.SCHEDULED) | Q(scheduled_at__isnull=False),
                violation_error_message=_("Un envoi programmé porte son heure."),
            ),
            models.CheckConstraint(
                name="mailings_campaign_started",
                condition=~Q(
                    status__in=[CampaignStatus.SENDING, CampaignStatus.PAUSED, CampaignStatus.SENT]
                )
                | Q(started_at__isnull=False, audience__isnull=False),
                violation_error_message=_("Un envoi commencé a ses destinataires."),
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


class Edition(models.Model):
    """Version: an envoi in one language. Frozen (`subject`, `text`, `html`) when it is sent."""

    campaign = models.ForeignKey(
        Campaign, verbose_name=_("envoi"), on_delete=models.CASCADE, related_name="editions"
    )
    language = models.CharField(_("langue"), max_length=2, choices=settings.LANGUAGES)
    subject = models.CharField(_("objet"), max_length=120)
    preheader = models.CharField(_("aperçu après l’objet"), max_length=150, blank=True)
    frozen_at = models.DateTimeField(_("figée le"), null=True, blank=True)
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
