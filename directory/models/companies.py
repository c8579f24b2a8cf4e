"""Companies that have a file at the centre, and the people who act for them."""

from typing import Self

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from directory.enums import MembershipRole


class CompanyQuerySet(models.QuerySet["Company"]):
    """Questions about companies."""

    def bound_by(self, user_id: int) -> Self:
        """Keep those that the person commits: it is responsible for them."""
        return self.filter(memberships__user=user_id, memberships__role=MembershipRole.OWNER)


class Company(models.Model):
    """Entreprise: one establishment known by its SIRET, provider or not.

    Name, address and activity are the register's, copied on the day of `checked_at`; what the owner
    writes stands on the provider's card and is never overwritten by the register.
    """

    siret = models.CharField(_("SIRET"), max_length=14, unique=True)
    name = models.CharField(_("raison sociale"), max_length=200)
    street = models.CharField(_("adresse"), max_length=200, blank=True)
    postcode = models.CharField(_("code postal"), max_length=5, blank=True)
    commune = models.ForeignKey(
        "territory.Commune", models.PROTECT, related_name="+", verbose_name=_("commune")
    )
    naf_code = models.CharField(_("code NAF"), max_length=6, blank=True)
    naf_nomenclature = models.CharField(_("nomenclature"), max_length=10, blank=True)
    headcount_band = models.CharField(_("tranche d’effectif"), max_length=2, blank=True)
    founded_on = models.DateField(_("créée le"), null=True, blank=True)
    closed_on = models.DateField(_("fermée le"), null=True, blank=True)
    checked_at = models.DateTimeField(_("vérifiée au registre le"))
    is_demo = models.BooleanField(_("donnée de démonstration"), default=False)
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="Membership", related_name="companies"
    )

    objects = models.Manager.from_queryset(CompanyQuerySet)()

    class Meta:
        verbose_name = _("entreprise")
        verbose_name_plural = _("entreprises")
        constraints = [
            models.CheckConstraint(
                name="directory_company_siret_is_14_digits",
                condition=Q(siret__regex=r"^\d{14}$"),
                violation_error_message=_("Un SIRET compte 14 chiffres."),
            ),
        ]
        indexes = [
            models.Index(fields=["name", "id"], name="directory_company_by_name"),
            GinIndex(SearchVector("name", config="simple"), name="directory_company_name_words"),
            models.Index(
                fields=["closed_on"],
                name="directory_company_closed",
                condition=Q(closed_on__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def siren(self) -> str:
        """The legal unit that the establishment belongs to."""
        return self.siret[:9]


class Membership(models.Model):
    """Rattachement: a person acts for a company."""

    company = models.ForeignKey(
        Company, models.CASCADE, related_name="memberships", verbose_name=_("entreprise")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="memberships",
        verbose_name=_("compte"),
    )
    role = models.CharField(
        _("rôle"), max_length=10, choices=MembershipRole, default=MembershipRole.OWNER
    )
    joined_at = models.DateTimeField(_("depuis le"), default=timezone.now)

    class Meta:
        verbose_name = _("rattachement")
        verbose_name_plural = _("rattachements")
        constraints = [
            models.UniqueConstraint(
                fields=["company", "user"],
                name="directory_membership_once_per_person",
                violation_error_message=_("Cette personne est déjà rattachée à l’entreprise."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.company}"
