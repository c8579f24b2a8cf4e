"""What a card says beyond its own row: references, prices, certifications, pictures, languages."""

from django.contrib.postgres.fields import ArrayField
from django.core.files.storage import default_storage
from django.core.validators import URLValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from directory.enums import CardLanguage, ClientSector, PriceBasis
from directory.models.providers import Provider
from directory.models.taxonomy import Service
from emn.lib.images import file_names

EARLIEST_YEAR, LATEST_YEAR = 1990, 2100


class Reference(models.Model):
    """Référence: something the provider did for a client, and when."""

    provider = models.ForeignKey(Provider, models.CASCADE, related_name="references")
    title = models.CharField(_("titre"), max_length=120)
    client_sector = models.CharField(
        _("métier du client"), max_length=30, choices=ClientSector, blank=True
    )
    year = models.PositiveSmallIntegerField(_("année"))
    work = models.TextField(_("ce qui a été fait"), max_length=600)
    link = models.URLField(
        _("lien"), blank=True, validators=[URLValidator(schemes=["http", "https"])]
    )
    position = models.PositiveSmallIntegerField(_("rang"), default=0)

    class Meta:
        verbose_name = _("référence")
        verbose_name_plural = _("références")
        constraints = [
            models.CheckConstraint(
                name="directory_reference_year_plausible",
                condition=Q(year__gte=EARLIEST_YEAR, year__lte=LATEST_YEAR),
                violation_error_message=_("Donnez l’année en quatre chiffres."),
            ),
        ]

    def __str__(self) -> str:
        return self.title


class PriceIndication(models.Model):
    """Indication de prix: of one service, or of the provider's work in general."""

    provider = models.ForeignKey(Provider, models.CASCADE, related_name="prices")
    service = models.ForeignKey(
        Service,
        models.CASCADE,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("service"),
    )
    basis = models.CharField(_("base"), max_length=10, choices=PriceBasis)
    from_cents = models.PositiveIntegerField(_("de (centimes)"), null=True, blank=True)
    to_cents = models.PositiveIntegerField(_("à (centimes)"), null=True, blank=True)
    position = models.PositiveSmallIntegerField(_("rang"), default=0)

    class Meta:
        verbose_name = _("indication de prix")
        verbose_name_plural = _("indications de prix")
        constraints = [
            models.CheckConstraint(
                name="directory_priceindication_basis_known",
                condition=Q(basis__in=PriceBasis.values),
            ),
            models.CheckConstraint(
                name="directory_priceindication_amount_unless_quote",
                condition=Q(basis=PriceBasis.QUOTE, from_cents=None, to_cents=None)
                | (~Q(basis=PriceBasis.QUOTE) & Q(from_cents__isnull=False)),
                violation_error_message=_("Donnez un prix, ou choisissez « sur devis »."),
            ),
            models.CheckConstraint(
                name="directory_priceindication_to_above_from",
                condition=Q(to_cents=None) | Q(to_cents__gte=F("from_cents")),
                violation_error_message=_("Le second prix est au moins égal au premier."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider} · {self.get_basis_display()}"


class Certification(models.Model):
    """Certification: a label of the closed list (`directory.certifications`), until its end."""

    provider = models.ForeignKey(Provider, models.CASCADE, related_name="certifications")
    code = models.CharField(_("label"), max_length=30)
    link = models.URLField(
        _("preuve"), blank=True, validators=[URLValidator(schemes=["http", "https"])]
    )
    ends_on = models.DateField(_("valable jusqu’au"))
    position = models.PositiveSmallIntegerField(_("rang"), default=0)

    class Meta:
        verbose_name = _("certification")
        verbose_name_plural = _("certifications")
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "code"],
                name="directory_certification_once_per_card",
                deferrable=models.Deferrable.DEFERRED,  # rows are saved one by one: two may swap
                violation_error_message=_("Ce label est déjà sur la fiche."),
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Picture(models.Model):
    """Image: a picture of the card, stored in several widths, with the words that stand for it.

    `name` is the stem of its files (`<name>-<width>.webp`); `width` and `height` are the largest's.
    """

    provider = models.ForeignKey(Provider, models.CASCADE, related_name="pictures")
    name = models.CharField(_("nom du fichier"), max_length=120)
    alt = models.CharField(_("description de l’image"), max_length=150)
    width = models.PositiveSmallIntegerField(_("largeur (px)"))
    height = models.PositiveSmallIntegerField(_("hauteur (px)"))
    widths = ArrayField(models.PositiveSmallIntegerField(), verbose_name=_("largeurs (px)"))
    position = models.PositiveSmallIntegerField(_("rang"), default=0)

    class Meta:
        verbose_name = _("image")
        verbose_name_plural = _("images")
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "name"], name="directory_picture_once_per_card"
            ),
            models.CheckConstraint(
                name="directory_picture_is_described",
                condition=~Q(alt=""),
                violation_error_message=_("Dites en quelques mots ce que l’image montre."),
            ),
        ]

    def __str__(self) -> str:
        return self.alt

    @property
    def files(self) -> list[str]:
        """The names of its files in the storage."""
        return file_names(self.name, self.widths)

    @property
    def thumbnail_url(self) -> str:
        """The address of its narrowest file."""
        return default_storage.url(self.files[0])


class CardTranslation(models.Model):
    """Traduction de fiche: the owner's own words in another language of the portal."""

    provider = models.ForeignKey(Provider, models.CASCADE, related_name="translations")
    language = models.CharField(_("langue"), max_length=2, choices=CardLanguage)
    tagline = models.CharField(_("en une phrase"), max_length=120, blank=True)
    description = models.TextField(_("présentation"), max_length=2000, blank=True)

    class Meta:
        verbose_name = _("traduction de fiche")
        verbose_name_plural = _("traductions de fiche")
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "language"],
                name="directory_cardtranslation_once_per_language",
                deferrable=models.Deferrable.DEFERRED,  # as for labels
            ),
            models.CheckConstraint(
                name="directory_cardtranslation_language_known",
                condition=Q(language__in=CardLanguage.values),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider} · {self.language}"
