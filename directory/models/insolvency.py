"""What the legal notices (BODACC) say of companies that adhere to the charter."""

from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from directory.enums import InsolvencyState
from directory.models.charter import SIREN_DIGITS

ASKED_AGAIN = timedelta(days=7)
LONGEST_NOTICE = 300


class InsolvencyCheckQuerySet(models.QuerySet["InsolvencyCheck"]):
    """Questions about checks."""

    def to_read(self) -> Self:
        """Keep those whose notices a person has to read."""
        return self.filter(state=InsolvencyState.UNSURE)

    def fresh(self, *, now: datetime) -> Self:
        """Keep those that answered less than a week ago."""
        return self.filter(answered_at__gt=now - ASKED_AGAIN)


class InsolvencyCheck(models.Model):
    """Vérification au BODACC: a company's last answer, one row a SIREN; no name is kept.

    `answered_at` is when `state` was last known to hold, `failed_at` when BODACC was last asked in
    vain. `notice`: the notice that says so, or what an agent saw. `newest`: the number of the last
    notice; once an agent has read up to there (`seen_newest`), what the agent says stands.
    """

    siren = models.CharField(_("SIREN"), max_length=SIREN_DIGITS, primary_key=True)
    answered_at = models.DateTimeField(_("vérifiée le"), null=True, blank=True)
    state = models.CharField(_("état"), max_length=11, choices=InsolvencyState, blank=True)
    failed_at = models.DateTimeField(_("sans réponse le"), null=True, blank=True)
    notice = models.CharField(_("annonce"), max_length=LONGEST_NOTICE, blank=True)
    newest = models.CharField(_("dernière annonce"), max_length=40, blank=True)
    seen_newest = models.CharField(_("lue jusqu’à l’annonce"), max_length=40, blank=True)
    seen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("vue par"),
    )

    objects = models.Manager.from_queryset(InsolvencyCheckQuerySet)()

    class Meta:
        verbose_name = _("vérification au BODACC")
        verbose_name_plural = _("vérifications au BODACC")
        permissions = [("record_insolvency", _("Peut noter une vérification au BODACC"))]
        constraints = [
            models.CheckConstraint(
                name="directory_insolvencycheck_siren_is_9_digits",
                condition=Q(siren__regex=r"^\d{9}$"),
            ),
            models.CheckConstraint(
                name="directory_insolvencycheck_answered_has_a_state",
                condition=Q(state="", answered_at=None)
                | Q(state__in=InsolvencyState.values, answered_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.siren
