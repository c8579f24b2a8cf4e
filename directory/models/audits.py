"""Audits of members: the yearly draw, and each audit to do or done (rules 1.5 A, M8)."""

from datetime import date
from functools import cached_property
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from directory.enums import AuditLevel, AuditOrigin
from directory.models.charter import SIREN_DIGITS, Adhesion
from directory.trust import sampling


class AuditDraw(models.Model):
    """Tirage des audits: one a year; its members are fixed before the public value is known."""

    year = models.PositiveSmallIntegerField(_("année"), unique=True)
    announced_on = models.DateField(_("annoncé le"))
    value_on = models.DateField(_("premier tirage du Loto à partir du"))
    population = ArrayField(
        models.CharField(max_length=SIREN_DIGITS), verbose_name=_("membres (SIREN)")
    )
    value = models.CharField(_("numéros sortis"), max_length=20, blank=True)
    drawn_at = models.DateTimeField(_("tiré le"), null=True, blank=True)
    drawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("saisi par"),
    )

    class Meta:
        verbose_name = _("tirage des audits")
        verbose_name_plural = _("tirages des audits")
        constraints = [
            models.CheckConstraint(
                name="directory_auditdraw_value_comes_later",
                condition=Q(value_on__gt=F("announced_on")),
            ),
            models.CheckConstraint(
                name="directory_auditdraw_drawn_has_a_value",
                condition=Q(value="", drawn_at=None)
                | Q(value__regex=r"^(\d{1,2}-){5}\d{1,2}$", drawn_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.year)

    @property
    def digest(self) -> str:
        """The SHA-256 of its members."""
        return sampling.digest(self.population)

    @cached_property
    def seed(self) -> str:
        """What the numbers start from, empty before the value is known."""
        return sampling.seed(self.year, self.value) if self.value else ""

    @cached_property
    def drawn(self) -> list[str]:
        """The SIREN drawn, computed anew; none before the value is known."""
        return sampling.drawn(self.population, self.seed) if self.value else []


class AuditQuerySet(models.QuerySet["Audit"]):
    """Questions about audits."""

    def to_do(self) -> Self:
        """Keep those that have neither taken place nor been refused."""
        return self.filter(done_on=None, dropped_at=None)

    def recorded(self) -> Self:
        """Keep those that took place, or were refused."""
        return self.filter(done_on__isnull=False)


class Audit(models.Model):
    """Audit d’un membre: to do by `due_on`, then done, refused, or dropped with the adhesion."""

    adhesion = models.ForeignKey(
        Adhesion, models.CASCADE, related_name="audits", verbose_name=_("adhésion à la charte")
    )
    origin = models.CharField(_("motif"), max_length=10, choices=AuditOrigin)
    draw = models.ForeignKey(
        AuditDraw,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="audits",
        verbose_name=_("tirage des audits"),
    )
    opened_at = models.DateTimeField(_("ouvert le"))
    due_on = models.DateField(_("à faire avant le"))
    done_on = models.DateField(_("fait le"), null=True, blank=True)
    level = models.CharField(_("nature"), max_length=11, choices=AuditLevel, blank=True)
    points = models.PositiveSmallIntegerField(_("points sur 100"), null=True, blank=True)
    minutes = models.CharField(_("compte rendu"), max_length=300, blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("noté par"),
    )
    recorded_at = models.DateTimeField(_("noté le"), null=True, blank=True)
    dropped_at = models.DateTimeField(_("sans objet depuis le"), null=True, blank=True)

    objects = models.Manager.from_queryset(AuditQuerySet)()

    class Meta:
        verbose_name = _("audit")
        verbose_name_plural = _("audits")
        permissions = [("record_audit", _("Peut noter un audit et tirer les audits de l’année"))]
        constraints = [
            models.UniqueConstraint(
                fields=["adhesion"],
                condition=Q(done_on=None, dropped_at=None),
                name="directory_audit_one_to_do",
            ),
            models.CheckConstraint(
                name="directory_audit_drawn_has_its_draw",
                condition=Q(origin=AuditOrigin.DRAWN, draw__isnull=False)
                | (~Q(origin=AuditOrigin.DRAWN) & Q(draw=None)),
            ),
            models.CheckConstraint(
                name="directory_audit_done_is_whole",
                condition=Q(done_on=None, level="", points=None, recorded_at=None)
                | Q(
                    Q(level=AuditLevel.REFUSED, points=0)
                    | Q(
                        level__in=[AuditLevel.DOCUMENTARY, AuditLevel.ON_SITE],
                        points__range=(0, 100),
                    ),
                    done_on__isnull=False,
                    recorded_at__isnull=False,
                    dropped_at=None,
                ),
            ),
        ]
        indexes = [models.Index(fields=["due_on"], name="directory_audit_due")]

    def __str__(self) -> str:
        return f"{self.adhesion} · {self.opened_at:%d/%m/%Y}"

    def is_late(self, *, on: date) -> bool:
        """Whether it should have taken place."""
        return self.done_on is None and self.dropped_at is None and self.due_on < on
