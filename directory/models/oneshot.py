"""Stop one-shot: what was counted, and the calls that companies ask for."""

from datetime import date
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from directory.enums import CallOutcome, OneShotColour


class OneShotCount(models.Model):
    """Contrôle de contrat compté: how many on a day, by colour; `question` empty counts them all.

    With a question: those whose answer to it alarmed. Nothing of who asked, nor of the contract.
    """

    day = models.DateField(_("jour"))
    colour = models.CharField(_("couleur"), max_length=6, choices=OneShotColour)
    question = models.CharField(_("question qui alerte"), max_length=20, blank=True)
    times = models.PositiveIntegerField(_("fois"))

    class Meta:
        verbose_name = _("contrôle de contrat compté")
        verbose_name_plural = _("contrôles de contrat comptés")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["day", "colour", "question"], name="directory_oneshotcount_once"
            ),
            models.CheckConstraint(
                name="directory_oneshotcount_colour_known",
                condition=Q(colour__in=OneShotColour.values),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} · {self.colour} · {self.question or '–'}"


class CallRequestQuerySet(models.QuerySet["CallRequest"]):
    """Questions about calls."""

    def waiting(self) -> Self:
        """Keep those that nobody has made."""
        return self.filter(handled_at=None)

    def late(self, *, on: date) -> Self:
        """Keep those that should have been made by now."""
        return self.waiting().filter(due_on__lt=on)


class CallRequest(models.Model):
    """Demande de rappel: who wants an adviser to call about a contract, and by when that is due."""

    name = models.CharField(_("nom"), max_length=120)
    phone = models.CharField(_("téléphone"), max_length=20, blank=True)
    email = models.EmailField(_("courriel"), blank=True)
    best_time = models.CharField(_("meilleur moment"), max_length=120, blank=True)
    language = models.CharField(_("langue"), max_length=2, choices=settings.LANGUAGES)
    colour = models.CharField(_("couleur"), max_length=6, choices=OneShotColour, blank=True)
    alarms = ArrayField(
        models.CharField(max_length=20), verbose_name=_("alertes"), default=list, blank=True
    )
    asked_at = models.DateTimeField(_("demandée le"))
    due_on = models.DateField(_("à rappeler avant la fin du"))
    handled_at = models.DateTimeField(_("traitée le"), null=True, blank=True)
    handled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("traitée par"),
    )  # fmt: skip
    outcome = models.CharField(_("suite"), max_length=10, choices=CallOutcome, blank=True)
    note = models.TextField(_("note"), max_length=1_000, blank=True)

    objects = models.Manager.from_queryset(CallRequestQuerySet)()

    class Meta:
        verbose_name = _("demande de rappel")
        verbose_name_plural = _("demandes de rappel")
        default_permissions = ("view",)
        permissions = [("handle_callrequest", _("Peut traiter les demandes de rappel"))]
        constraints = [
            models.CheckConstraint(
                name="directory_callrequest_can_be_reached",
                condition=~Q(phone="") | ~Q(email=""),
                violation_error_message=_("Donnez un téléphone ou un courriel."),
            ),
            models.CheckConstraint(
                name="directory_callrequest_handled_says_what",
                condition=Q(handled_at=None) ^ ~Q(outcome=""),
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_on"],
                name="directory_callrequest_queue",
                condition=Q(handled_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk} · {self.due_on}"
