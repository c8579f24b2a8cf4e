"""Demonstration rights: a call every six months, its published criteria, the result."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from directory.models import Provider
from events.models.showrooms import Showroom, six_months_after
from events.showrooms.rights import MOST_POINTS, WHOLE_WEIGHT

SEED_BYTES = 32


class RightsCallQuerySet(models.QuerySet["RightsCall"]):
    """Questions about calls."""

    def published(self) -> Self:
        """Keep those that everyone may read."""
        return self.filter(published_at__isnull=False)

    def open(self, *, now: datetime) -> Self:
        """Keep those that take applications."""
        return self.published().filter(opens_at__lte=now, closes_at__gt=now)

    def to_decide(self, *, now: datetime) -> Self:
        """Keep those that are closed and wait for the centre."""
        return self.published().filter(closes_at__lte=now, decided_at=None)


class RightsCall(models.Model):
    """Appel à démonstrations: places for six months, given on criteria published beforehand.

    `seed` decides between equal totals; nobody sees it before the result, its SHA-256
    (`seed_digest`) is published with the call.
    """

    showroom = models.ForeignKey(
        Showroom, models.PROTECT, related_name="calls", verbose_name=_("showroom")
    )
    title = models.CharField(_("titre"), max_length=140)
    text = models.TextField(_("ce qui est cherché"), max_length=2000)
    places = models.PositiveSmallIntegerField(_("places"))
    asks_charter = models.BooleanField(
        _("charte en vigueur demandée"), default=True,
        help_text=_("Seule candidate une entreprise dont l’adhésion à la charte compte."),
    )  # fmt: skip
    opens_at = models.DateTimeField(_("ouvre le"))
    closes_at = models.DateTimeField(_("ferme le"))
    starts_on = models.DateField(_("droits à partir du"))
    ends_on = models.DateField(_("droits jusqu’au"), help_text=_("Six mois au plus."))
    seed = models.CharField(_("graine"), max_length=SEED_BYTES * 2, editable=False)
    seed_digest = models.CharField(_("empreinte de la graine"), max_length=64, editable=False)
    published_at = models.DateTimeField(_("publié le"), null=True, blank=True, editable=False)
    decided_at = models.DateTimeField(_("décidé le"), null=True, blank=True, editable=False)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("décidé par"), editable=False,
    )  # fmt: skip

    objects = models.Manager.from_queryset(RightsCallQuerySet)()

    class Meta:
        verbose_name = _("appel à démonstrations")
        verbose_name_plural = _("appels à démonstrations")
        constraints = [
            models.CheckConstraint(
                name="events_rightscall_dates_in_order",
                condition=Q(closes_at__gt=F("opens_at")) & Q(ends_on__gt=F("starts_on")),
                violation_error_message=_("Chaque fin suit son début."),
            ),
            models.CheckConstraint(
                name="events_rightscall_six_months_at_most",
                condition=Q(ends_on__lte=six_months_after("starts_on")),
                violation_error_message=_("Les droits durent six mois au plus."),
            ),
            models.CheckConstraint(
                name="events_rightscall_places_count", condition=Q(places__gte=1)
            ),
            models.CheckConstraint(
                name="events_rightscall_decided_was_published",
                condition=Q(decided_at=None) | Q(published_at__isnull=False),
            ),
            models.CheckConstraint(
                name="events_rightscall_published_is_committed",
                condition=Q(published_at=None) | Q(seed_digest__regex=r"^[0-9a-f]{64}$"),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Return its page."""
        return reverse("showrooms:call", args=[self.pk])

    def takes_applications(self, *, now: datetime) -> bool:
        """Whether one may apply."""
        return self.published_at is not None and self.opens_at <= now < self.closes_at


class RightsCriterion(models.Model):
    """Critère d’un appel: what is scored, from 0 to 10, and what it weighs out of 100."""

    call = models.ForeignKey(
        RightsCall,
        models.CASCADE,
        related_name="criteria",
        verbose_name=_("appel à démonstrations"),
    )
    label = models.CharField(_("critère"), max_length=160)
    weight = models.PositiveSmallIntegerField(_("poids sur 100"))
    position = models.PositiveSmallIntegerField(_("rang"), default=0)

    class Meta:
        verbose_name = _("critère d’un appel")
        verbose_name_plural = _("critères d’un appel")
        constraints = [
            models.CheckConstraint(
                name="events_rightscriterion_weight_counts",
                condition=Q(weight__gte=1, weight__lte=WHOLE_WEIGHT),
            ),
        ]

    def __str__(self) -> str:
        return self.label


class RightsApplication(models.Model):
    """Candidature à un appel: what a provider would show, then its points and its rank."""

    call = models.ForeignKey(
        RightsCall, models.PROTECT, related_name="applications",
        verbose_name=_("appel à démonstrations"),
    )  # fmt: skip
    provider = models.ForeignKey(
        Provider, models.PROTECT, related_name="rights_applications", verbose_name=_("prestataire")
    )
    siren = models.CharField(_("SIREN"), max_length=9)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+",
        verbose_name=_("déposée par"),
    )  # fmt: skip
    title = models.CharField(_("ce que vous montreriez"), max_length=120)
    usage = models.TextField(_("à quoi cela sert, pour qui"), max_length=1500)
    needs = models.TextField(_("ce qu’il faut sur place"), max_length=600, blank=True)
    applied_at = models.DateTimeField(_("déposée le"))
    withdrawn_at = models.DateTimeField(_("retirée le"), null=True, blank=True)
    total = models.PositiveSmallIntegerField(_("total sur 1000"), null=True, blank=True)
    rank = models.PositiveSmallIntegerField(_("rang"), null=True, blank=True)
    was_drawn = models.BooleanField(_("départagée par tirage"), default=False)
    is_chosen = models.BooleanField(_("retenue"), default=False)

    class Meta:
        verbose_name = _("candidature à un appel")
        verbose_name_plural = _("candidatures à un appel")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["call", "siren"],
                condition=Q(withdrawn_at=None),
                name="events_rightsapplication_one_a_company",
                violation_error_message=_("Votre entreprise a déjà candidaté à cet appel."),
            ),
            models.CheckConstraint(
                name="events_rightsapplication_siren_is_9_digits",
                condition=Q(siren__regex=r"^\d{9}$"),
            ),
            models.CheckConstraint(
                name="events_rightsapplication_ranked_has_a_total",
                condition=Q(rank=None, total=None, is_chosen=False)
                | Q(rank__isnull=False, total__isnull=False, withdrawn_at=None),
            ),
            models.UniqueConstraint(
                fields=["call", "rank"], name="events_rightsapplication_one_a_rank"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider} · {self.title}"


class RightsScore(models.Model):
    """Note d’une candidature: the points of one criterion, with the reason that is sent."""

    application = models.ForeignKey(
        RightsApplication, models.CASCADE, related_name="scores",
        verbose_name=_("candidature à un appel"),
    )  # fmt: skip
    criterion = models.ForeignKey(
        RightsCriterion, models.PROTECT, related_name="scores", verbose_name=_("critère d’un appel")
    )
    points = models.PositiveSmallIntegerField(_("points sur 10"))
    reason = models.CharField(_("pourquoi"), max_length=300)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+",
        verbose_name=_("par"),
    )  # fmt: skip
    at = models.DateTimeField(_("le"))

    class Meta:
        verbose_name = _("note d’une candidature")
        verbose_name_plural = _("notes d’une candidature")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["application", "criterion"], name="events_rightsscore_once"
            ),
            models.CheckConstraint(
                name="events_rightsscore_points_and_reason",
                condition=Q(points__lte=MOST_POINTS) & ~Q(reason=""),
                violation_error_message=_("De 0 à 10, avec une raison."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} · {self.criterion_id} · {self.points}"
