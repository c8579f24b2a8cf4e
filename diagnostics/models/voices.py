"""The second voice: what the people of a company say, in sums alone."""

from datetime import date
from secrets import token_urlsafe
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from directory.models import Company
from emn.questionnaires.models import QuestionnaireVersion

KEY_BYTES = 16  # 22 signs


def new_voice_key() -> str:
    """Return the secret of a link."""
    return token_urlsafe(KEY_BYTES)


class VoiceLinkQuerySet(models.QuerySet["VoiceLink"]):
    """Questions about links."""

    def open(self, *, today: date) -> Self:
        """Keep those that still take answers."""
        return self.filter(is_revoked=False, ends_on__gte=today, count__lt=F("most"))


class VoiceLink(models.Model):
    """Lien de la seconde voix: one company asks its people, without knowing who says what.

    `count`: answers received; `shown`: what the company sees of them, made again every five
    answers only, so that no one answer can be told from the others. No time finer than the day.
    """

    company = models.ForeignKey(
        Company, models.CASCADE, related_name="voice_links", verbose_name=_("entreprise")
    )
    version = models.ForeignKey(
        QuestionnaireVersion, models.PROTECT, related_name="+", verbose_name=_("version")
    )
    key = models.CharField(_("clé du lien"), max_length=22, unique=True, default=new_voice_key)
    opened_on = models.DateField(_("ouvert le"))
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+",
        verbose_name=_("ouvert par"),
    )  # fmt: skip
    ends_on = models.DateField(_("répondre jusqu’au"))
    most = models.PositiveSmallIntegerField(_("réponses, au plus"))
    is_revoked = models.BooleanField(_("fermé"), default=False)
    count = models.PositiveSmallIntegerField(_("réponses"), default=0)
    shown: "models.JSONField[Any, Any]" = models.JSONField(_("ce qui est montré"), null=True)

    objects = models.Manager.from_queryset(VoiceLinkQuerySet)()

    class Meta:
        verbose_name = _("lien de la seconde voix")
        verbose_name_plural = _("liens de la seconde voix")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                name="diagnostics_voicelink_key_is_long", condition=Q(key__regex=r"^[\w-]{22}$")
            ),
            models.CheckConstraint(
                name="diagnostics_voicelink_within_its_cap", condition=Q(count__lte=F("most"))
            ),
            models.CheckConstraint(
                name="diagnostics_voicelink_ends_after_start",
                condition=Q(ends_on__gte=F("opened_on")),
            ),
        ]
        indexes = [models.Index(fields=["company", "-id"], name="diagnostics_voices_of")]

    def __str__(self) -> str:
        return f"{self.company} · {self.opened_on}"


class VoiceTally(models.Model):
    """Somme de la seconde voix: how many said this of that question. Nothing else is kept."""

    link = models.ForeignKey(
        VoiceLink, models.CASCADE, related_name="tallies", verbose_name=_("lien")
    )
    question = models.CharField(_("question"), max_length=40)
    answer = models.CharField(_("réponse"), max_length=40)
    count = models.PositiveSmallIntegerField(_("fois"), default=0)

    class Meta:
        verbose_name = _("somme de la seconde voix")
        verbose_name_plural = _("sommes de la seconde voix")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["link", "question", "answer"], name="diagnostics_voicetally_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.question} · {self.answer}"
