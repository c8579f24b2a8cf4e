"""The chest of reversibility: a company's projects, and who holds what of each."""

from datetime import date
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from directory.enums import AssetKind, AssetState
from directory.models.companies import Company
from directory.reversibility.reminders import is_stale

if TYPE_CHECKING:
    from emn.accounts.models import User

LONGEST_PLACE = 300


class ProjectQuerySet(models.QuerySet["Project"]):
    """Questions about projects."""

    def of(self, user: "User") -> Self:
        """Keep those of the companies for which `user` acts."""
        return self.filter(company__memberships__user=user)

    def to_remind(self, *, on: date) -> Self:
        """Keep those whose six months are over, and of which somebody can be told."""
        reached = Company.objects.filter(memberships__user__is_active=True)
        return self.filter(remind_on__lte=on, company__in=reached.values("pk"))


class Project(models.Model):
    """Projet du coffre: a site, a software, a shop that a company must be able to take elsewhere.

    `reviewed_on`: the day somebody last read the whole; reminders are counted from it.
    """

    company = models.ForeignKey(
        Company, models.CASCADE, related_name="projects", verbose_name=_("entreprise")
    )
    name = models.CharField(_("projet"), max_length=120)
    supplier = models.CharField(_("prestataire actuel"), max_length=120, blank=True)
    created_at = models.DateTimeField(_("ajouté le"))
    edited_at = models.DateTimeField(_("modifié le"))
    reviewed_on = models.DateField(_("relu le"))
    remind_on = models.DateField(_("prochain rappel le"))

    objects = models.Manager.from_queryset(ProjectQuerySet)()

    class Meta:
        verbose_name = _("projet du coffre")
        verbose_name_plural = _("projets du coffre")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["company", "name"],
                name="directory_project_once_per_company",
                violation_error_message=_("Ce projet est déjà dans votre coffre."),
            ),
            models.CheckConstraint(
                name="directory_project_reminder_after_reading",
                condition=Q(remind_on__gt=models.F("reviewed_on")),
            ),
        ]
        indexes = [models.Index(fields=["remind_on"], name="directory_project_clock")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("reversibility:project", args=[self.pk])


class Asset(models.Model):
    """Élément du coffre: one of the seven things to hold, who holds it and where; never a secret.

    `state` says whether the company holds it, `checked_on` when that was last looked at.
    """

    project = models.ForeignKey(
        Project, models.CASCADE, related_name="assets", verbose_name=_("projet du coffre")
    )
    kind = models.CharField(_("élément"), max_length=10, choices=AssetKind)
    state = models.CharField(
        _("état"), max_length=10, choices=AssetState, default=AssetState.UNKNOWN
    )
    holder = models.CharField(_("au nom de qui"), max_length=120, blank=True)
    place = models.CharField(_("où"), max_length=LONGEST_PLACE, blank=True)
    checked_on = models.DateField(_("vérifié le"), null=True, blank=True)

    class Meta:
        verbose_name = _("élément du coffre")
        verbose_name_plural = _("éléments du coffre")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["project", "kind"], name="directory_asset_once_per_project"
            ),
            models.CheckConstraint(
                name="directory_asset_kind_known", condition=Q(kind__in=AssetKind.values)
            ),
            models.CheckConstraint(
                name="directory_asset_state_known", condition=Q(state__in=AssetState.values)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project} · {self.get_kind_display()}"

    def is_stale(self, *, on: date) -> bool:
        """Tell whether nobody has checked it for six months."""
        return is_stale(self.checked_on, on=on)
