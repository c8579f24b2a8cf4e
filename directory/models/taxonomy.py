"""The controlled list of services, in two levels, kept as data (mechanics 1.3)."""

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _


# modeltranslation replaces the managers of translated models at run time, which mypy cannot follow.
class ServiceCategory(models.Model):  # type: ignore[django-manager-missing]
    """Famille de services: the upper level of the taxonomy."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    slug = models.SlugField(_("adresse"), unique=True)
    name = models.CharField(_("nom"), max_length=80)
    position = models.PositiveSmallIntegerField(_("rang"), default=0)
    curated_at = models.DateTimeField(
        _("repris par le centre le"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("La mise à jour du portail ne change plus ce terme."),
    )

    class Meta:
        verbose_name = _("famille de services")
        verbose_name_plural = _("familles de services")

    def __str__(self) -> str:
        return self.name


class ServiceQuerySet(models.QuerySet["Service"]):
    """Questions about services."""

    def in_order(self) -> Self:
        """Sort as the taxonomy is read: by family, then by rank."""
        return self.order_by("category__position", "position", "pk")

    def staying(self) -> Self:
        """Leave out those that are being removed."""
        return self.filter(leaves_for=None)


class Service(models.Model):  # type: ignore[django-manager-missing]
    """Service: what a company may look for and a provider may offer."""

    category = models.ForeignKey(
        ServiceCategory, models.PROTECT, related_name="services", verbose_name=_("famille")
    )
    code = models.CharField(_("code"), max_length=40, unique=True)
    slug = models.SlugField(_("adresse"), max_length=80, unique=True)
    name = models.CharField(_("nom"), max_length=120)
    description = models.CharField(_("description"), max_length=300, blank=True)
    synonyms = models.TextField(
        _("synonymes"),
        blank=True,
        help_text=_("Les mots que les gens tapent vraiment, séparés par des virgules."),
    )
    position = models.PositiveSmallIntegerField(_("rang"), default=0)
    curated_at = models.DateTimeField(
        _("repris par le centre le"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("La mise à jour du portail ne change plus ce terme."),
    )

    leaves_for = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="arriving",
        verbose_name=_("ses offres passent à"),
        help_text=_("Un service en cours de retrait : il disparaît quand elles y sont toutes."),
    )

    objects = ServiceQuerySet.as_manager()  # type: ignore[django-manager-missing]

    class Meta:
        verbose_name = _("service")
        verbose_name_plural = _("services")
        constraints = [
            models.CheckConstraint(
                name="directory_service_leaves_for_another",
                condition=~models.Q(leaves_for=models.F("pk")),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class TermRedirect(models.Model):
    """Ancien terme: a service or a family removed or renamed, and the one its address leads to.

    The code of a removed one stays here, so that the portal's own file does not bring it back.
    """

    slug = models.SlugField(_("ancienne adresse"), max_length=80, unique=True)
    code = models.CharField(_("ancien code"), max_length=40, unique=True, null=True, blank=True)
    name = models.CharField(_("ancien nom"), max_length=120)
    service = models.ForeignKey(
        Service,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="former_terms",
        verbose_name=_("service"),
    )
    category = models.ForeignKey(
        ServiceCategory,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="former_terms",
        verbose_name=_("famille"),
    )
    removed_at = models.DateTimeField(_("retiré le"))

    class Meta:
        verbose_name = _("ancien terme")
        verbose_name_plural = _("anciens termes")
        constraints = [
            models.CheckConstraint(
                name="directory_termredirect_leads_to_one",
                condition=models.Q(service__isnull=True, category__isnull=False)
                | models.Q(service__isnull=False, category__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class IgnoredWord(models.Model):
    """Mot ignoré: a free word of cards that staff read and left as it is; folded."""

    word = models.CharField(_("mot"), max_length=60, unique=True)
    ignored_at = models.DateTimeField(_("ignoré le"))

    class Meta:
        verbose_name = _("mot ignoré")
        verbose_name_plural = _("mots ignorés")

    def __str__(self) -> str:
        return self.word
