"""Providers of digital products and services, and what they offer."""

from datetime import date
from typing import TYPE_CHECKING, Self

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.core.validators import URLValidator
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from directory.enums import (
    CardLanguage,
    ClientSector,
    ClientSize,
    ContactMode,
    ProviderStatus,
    ServedCountry,
    ServiceArea,
    SpokenLanguage,
)
from directory.models.companies import Company
from directory.models.taxonomy import Service

if TYPE_CHECKING:
    from emn.accounts.models import User


MOST_SERVICES = 15
MOST_KEYWORDS = 10
LONGEST_KEYWORD = 40  # signs
# The lists of a card, each a related name.
CONTENT = (
    "references", "prices", "certifications", "pictures", "translations", "corrections",
)  # fmt: skip


def _exists(model: str) -> Exists:
    """Tell whether the card has a row of that model, which is defined after this one."""
    rows = apps.get_model("directory", model)._default_manager
    return Exists(rows.filter(provider=OuterRef("pk")))


class ProviderQuerySet(models.QuerySet["Provider"]):
    """Questions about providers."""

    def published(self) -> Self:
        """Keep the cards that everyone may read."""
        return self.filter(status=ProviderStatus.PUBLISHED)

    def awaiting_review(self) -> Self:
        """Keep what staff must read: submitted cards, and published ones edited since."""
        return self.filter(
            Q(status=ProviderStatus.SUBMITTED)
            | Q(status=ProviderStatus.PUBLISHED, edited_at__gt=models.F("reviewed_at"))
        )

    def of(self, user: "User") -> Self:
        """Keep the cards of the companies for which `user` acts."""
        return self.filter(company__memberships__user=user)

    def with_place(self) -> Self:
        """Load the company, its commune and its EPCI in the same query."""
        return self.select_related("company__commune__epci")

    def with_content(self) -> Self:
        """Load what `directory.cards.composed` reads, in one query a list whatever the cards.

        As plain lists: a queryset a card and a list would cost more than the rows.
        """
        return self.prefetch_related(
            *(models.Prefetch(name, to_attr=f"loaded_{name}") for name in CONTENT)
        )

    def with_quality_facts(self) -> Self:
        """Annotate what the quality score must know beyond the row itself."""
        return self.annotate(
            has_service=Exists(Offer.objects.filter(provider=OuterRef("pk"))),
            has_reference=_exists("Reference"),
            has_price=_exists("PriceIndication"),
        )

    def of_closed_establishments(self) -> Self:
        """Keep the public cards whose establishment the register says is closed."""
        return self.published().filter(company__closed_on__isnull=False)


class Provider(models.Model):
    """Prestataire: the card of a company, or of one of its brands, in the directory."""

    company = models.ForeignKey(
        Company, models.PROTECT, related_name="providers", verbose_name=_("entreprise")
    )
    slug = models.SlugField(_("adresse de la fiche"), max_length=80, unique=True)
    name = models.CharField(_("nom commercial"), max_length=120)
    tagline = models.CharField(_("en une phrase"), max_length=120, blank=True)
    description = models.TextField(_("présentation"), max_length=2000, blank=True)
    language = models.CharField(
        _("langue du texte"), max_length=2, choices=CardLanguage, default=CardLanguage.FRENCH
    )
    logo = models.ImageField(_("logo"), upload_to="logos/", blank=True)
    logo_alt = models.CharField(_("description du logo"), max_length=150, blank=True)
    contact_mode = models.CharField(
        _("contact préféré"), max_length=10, choices=ContactMode, blank=True
    )
    phone = models.CharField(_("téléphone"), max_length=20, blank=True)
    email = models.EmailField(_("courriel"), blank=True)
    website = models.URLField(
        _("site internet"), blank=True, validators=[URLValidator(schemes=["http", "https"])]
    )
    languages = ArrayField(
        models.CharField(max_length=2, choices=SpokenLanguage),
        verbose_name=_("langues de travail"),
        default=list,
        blank=True,
    )
    client_sizes = ArrayField(
        models.CharField(max_length=10, choices=ClientSize),
        verbose_name=_("taille des clients"),
        default=list,
        blank=True,
    )
    sectors = ArrayField(
        models.CharField(max_length=30, choices=ClientSector),
        verbose_name=_("métiers des clients"),
        default=list,
        blank=True,
    )
    keywords = ArrayField(
        models.CharField(max_length=LONGEST_KEYWORD),
        verbose_name=_("mots-clés"),
        default=list,
        blank=True,
    )
    service_area = models.CharField(
        _("zone d’intervention"), max_length=12, choices=ServiceArea, blank=True
    )
    countries = ArrayField(
        models.CharField(max_length=2, choices=ServedCountry),
        verbose_name=_("pays servis"),
        default=list,
        blank=True,
    )
    answer_days = models.PositiveSmallIntegerField(
        _("délai de réponse (jours ouvrés)"), null=True, blank=True
    )
    services = models.ManyToManyField(Service, through="Offer", related_name="providers")

    status = models.CharField(
        _("état"), max_length=10, choices=ProviderStatus, default=ProviderStatus.DRAFT
    )
    created_at = models.DateTimeField(_("créée le"))
    edited_at = models.DateTimeField(_("modifiée le"))
    submitted_at = models.DateTimeField(_("soumise le"), null=True, blank=True)
    reviewed_at = models.DateTimeField(_("relue le"), null=True, blank=True)
    published_at = models.DateTimeField(_("publiée le"), null=True, blank=True)
    confirmed_at = models.DateTimeField(_("confirmée le"), null=True, blank=True)
    moderation_note = models.TextField(_("motif du centre"), blank=True)

    quality = models.FloatField(_("qualité de la fiche"), default=0)
    reviewed_content = models.JSONField(_("contenu relu"), null=True, blank=True)
    reminders_sent = models.PositiveSmallIntegerField(_("rappels envoyés"), default=0)
    reminded_at = models.DateTimeField(_("dernier rappel le"), null=True, blank=True)
    silenced_at = models.DateTimeField(_("masquée faute de réponse le"), null=True, blank=True)
    share_picture = models.CharField(_("image de partage"), max_length=150, blank=True)

    history = HistoricalRecords(
        excluded_fields=[
            "quality",
            "reviewed_content",
            "reminders_sent",
            "reminded_at",
            "share_picture",
        ]
    )
    objects = models.Manager.from_queryset(ProviderQuerySet)()

    class Meta:
        verbose_name = _("prestataire")
        verbose_name_plural = _("prestataires")
        permissions = [("moderate_provider", _("Peut relire et publier les fiches"))]
        constraints = [
            models.CheckConstraint(
                name="directory_provider_status_known",
                condition=Q(status__in=ProviderStatus.values),
            ),
            models.CheckConstraint(
                name="directory_provider_published_is_reviewed",
                condition=~Q(status=ProviderStatus.PUBLISHED)
                | Q(published_at__isnull=False, reviewed_at__isnull=False),
                violation_error_message=_("Une fiche publiée a été relue."),
            ),
            models.CheckConstraint(
                name="directory_provider_submitted_has_date",
                condition=~Q(status=ProviderStatus.SUBMITTED) | Q(submitted_at__isnull=False),
            ),
            models.CheckConstraint(
                name="directory_provider_quality_between_0_and_1",
                condition=Q(quality__gte=0, quality__lte=1),
            ),
            models.CheckConstraint(
                name="directory_provider_silenced_is_hidden",
                condition=Q(silenced_at=None) | Q(status=ProviderStatus.HIDDEN),
            ),
        ]
        indexes = [
            models.Index(
                fields=["status", "submitted_at", "id"], name="directory_provider_by_status"
            ),
            models.Index(fields=["name", "id"], name="directory_provider_by_name"),
            models.Index(fields=["edited_at", "id"], name="directory_provider_by_edition"),
            GinIndex(SearchVector("name", config="simple"), name="directory_provider_name_words"),
            models.Index(fields=["status", "confirmed_at"], name="directory_provider_freshness"),
            models.Index(fields=["submitted_at", "id"], name="directory_provider_queue"),
            models.Index(
                fields=["id"],
                name="directory_provider_to_reread",
                condition=Q(status=ProviderStatus.PUBLISHED, edited_at__gt=models.F("reviewed_at")),
            ),
        ]

    def __str__(self) -> str:
        return self.name or f"n° {self.pk}"  # a firm that hides its name keeps its card in lists

    def get_absolute_url(self) -> str:
        return reverse("directory:provider", args=[self.slug])

    @property
    def quality_percent(self) -> int:
        """The stored score, out of 100."""
        return round(self.quality * 100)

    @property
    def is_published(self) -> bool:
        """Whether everyone may read the card."""
        return self.status == ProviderStatus.PUBLISHED

    def months_since_confirmed(self, *, today: date) -> int | None:
        """Whole months since the owner last confirmed the card; None when never."""
        if self.confirmed_at is None:
            return None
        since = timezone.localdate(self.confirmed_at)
        return (today.year - since.year) * 12 + today.month - since.month


class Offer(models.Model):
    """Offre: a provider supplies a service."""

    provider = models.ForeignKey(Provider, models.CASCADE, related_name="offers")
    service = models.ForeignKey(Service, models.PROTECT, related_name="offers")

    class Meta:
        verbose_name = _("offre")
        verbose_name_plural = _("offres")
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "service"],
                name="directory_offer_once_per_service",
                violation_error_message=_("Ce service est déjà sur la fiche."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider} · {self.service}"
