"""What is sold, at what VAT, and the orders of it."""

from datetime import date, datetime
from typing import Self

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from directory.models import Company
from events.enums import BuyerKind, OrderStatus, ProductKind, Unit, VatRegime
from events.models.registrations import Registration
from events.money.references import order_reference, payment_reference

SIREN_LENGTH = 9
CAN_BE_PAID = (OrderStatus.ACCEPTED, OrderStatus.INVOICED)
ENDED = (OrderStatus.EXPIRED, OrderStatus.CANCELLED)
_CATEGORIES = {VatRegime.STANDARD: "S", VatRegime.EXEMPT: "E", VatRegime.OUTSIDE: "O"}


class VatRuleQuerySet(models.QuerySet["VatRule"]):
    """Questions about VAT rules."""

    def in_force(self, *, kind: str, on: date) -> Self:
        """Order first the rule that applies to this kind on that day."""
        return self.filter(kind=kind, valid_from__lte=on).order_by("-valid_from", "-pk")


class VatRule(models.Model):
    """Règle de TVA: how one kind of product is taxed from a day on; never edited, but followed.

    `mention`: what an invoice must say, in French. `code`: the VATEX code of the exemption.
    `basis`: the text of law. Source: R4.09; events/data/money.json.
    """

    kind = models.CharField(_("sorte de produit"), max_length=12, choices=ProductKind)
    valid_from = models.DateField(_("en vigueur depuis le"))
    regime = models.CharField(_("régime"), max_length=8, choices=VatRegime)
    rate = models.DecimalField(_("taux (%)"), max_digits=5, decimal_places=2)
    mention = models.CharField(_("mention légale"), max_length=200, blank=True)
    code = models.CharField(_("code d’exonération"), max_length=30, blank=True)
    basis = models.CharField(_("source"), max_length=300)

    objects = models.Manager.from_queryset(VatRuleQuerySet)()

    class Meta:
        verbose_name = _("règle de TVA")
        verbose_name_plural = _("règles de TVA")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "valid_from"], name="events_vatrule_one_per_kind_and_day"
            ),
            models.CheckConstraint(
                name="events_vatrule_choices_known",
                condition=Q(kind__in=ProductKind.values) & Q(regime__in=VatRegime.values),
            ),
            models.CheckConstraint(
                name="events_vatrule_rate_only_when_taxed",
                condition=Q(regime=VatRegime.STANDARD, rate__gt=0)
                | (~Q(regime=VatRegime.STANDARD) & Q(rate=0)),
            ),
            models.CheckConstraint(
                name="events_vatrule_untaxed_says_why",
                condition=Q(regime=VatRegime.STANDARD) | ~Q(mention=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.get_regime_display()} · {self.rate} %"

    @property
    def category(self) -> str:
        """The VAT category of EN 16931."""
        return _CATEGORIES[VatRegime(self.regime)]


# modeltranslation replaces the managers of translated models at run time, which mypy cannot follow.
class Product(models.Model):  # type: ignore[django-manager-missing]
    """Produit: something the centre sells, in three languages, at a price excluding tax."""

    slug = models.SlugField(_("adresse"), max_length=60, unique=True)
    kind = models.CharField(_("sorte"), max_length=12, choices=ProductKind)
    name = models.CharField(_("nom"), max_length=160)
    description = models.TextField(_("description"), blank=True)
    unit_price_cents = models.PositiveIntegerField(_("prix hors taxes (centimes)"))
    unit = models.CharField(_("unité"), max_length=3, choices=Unit, default=Unit.PIECE)
    is_active = models.BooleanField(_("en vente"), default=True)

    class Meta:
        verbose_name = _("produit")
        verbose_name_plural = _("produits")
        constraints = [
            models.CheckConstraint(
                name="events_product_choices_known",
                condition=Q(kind__in=ProductKind.values) & Q(unit__in=Unit.values),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class OrderQuerySet(models.QuerySet["Order"]):
    """Questions about orders."""

    def quotes_over(self, *, today: date) -> Self:
        """Keep the quotes that nobody accepted in time."""
        return self.filter(status=OrderStatus.QUOTE, valid_until__lt=today)

    def holds_over(self, *, now: datetime) -> Self:
        """Keep the accepted orders whose time to be paid is over."""
        return self.filter(status=OrderStatus.ACCEPTED, held_until__lte=now)


class Order(models.Model):
    """Commande: what one buyer asked for, from the quote to the invoice.

    The buyer is a snapshot: what a card or an account says later changes nothing here.
    `held_until`: an accepted order nobody paid by then expires; empty, it waits for its invoice.
    `contract_signed_on` starts the withdrawal clock of an individual (R4.04);
    `is_distance_contract` makes it fourteen days. `service_from` and `service_until`: when what is
    sold takes place.
    """

    status = models.CharField(
        _("état"), max_length=10, choices=OrderStatus, default=OrderStatus.QUOTE
    )
    language = models.CharField(_("langue"), max_length=2, choices=settings.LANGUAGES)
    buyer_kind = models.CharField(_("sorte d’acheteur"), max_length=10, choices=BuyerKind)
    buyer_name = models.CharField(_("nom de l’acheteur"), max_length=200)
    buyer_siren = models.CharField(_("SIREN"), max_length=9, blank=True)
    buyer_siret = models.CharField(_("SIRET"), max_length=14, blank=True)
    buyer_street = models.CharField(_("adresse"), max_length=200)
    buyer_postcode = models.CharField(_("code postal"), max_length=12)
    buyer_city = models.CharField(_("ville"), max_length=100)
    buyer_country = models.CharField(_("pays"), max_length=2, default="FR")
    buyer_vat_id = models.CharField(_("numéro de TVA"), max_length=20, blank=True)
    contact_name = models.CharField(_("contact"), max_length=120, blank=True)
    email = models.EmailField(_("courriel"), blank=True)
    purchase_order = models.CharField(_("numéro de bon de commande"), max_length=50, blank=True)
    service_code = models.CharField(_("code service (Chorus Pro)"), max_length=100, blank=True)
    delivery_address = models.CharField(
        _("lieu de la prestation, s’il diffère"), max_length=200, blank=True
    )
    service_from = models.DateField(_("prestation, du"), null=True, blank=True)
    service_until = models.DateField(_("prestation, au"), null=True, blank=True)
    payment_days = models.PositiveSmallIntegerField(_("délai de paiement (jours)"), default=30)
    contract_signed_on = models.DateField(_("contrat signé le"), null=True, blank=True)
    is_distance_contract = models.BooleanField(_("contrat conclu à distance"), default=False)
    company = models.ForeignKey(
        Company, models.SET_NULL, null=True, blank=True, related_name="orders",
        verbose_name=_("fiche de l’entreprise"),
    )  # fmt: skip
    registrations = models.ManyToManyField(
        Registration, blank=True, related_name="orders", verbose_name=_("inscriptions")
    )

    created_at = models.DateTimeField(_("créée le"))
    valid_until = models.DateField(_("devis valable jusqu’au"))
    sent_at = models.DateTimeField(_("devis envoyé le"), null=True, blank=True)
    accepted_at = models.DateTimeField(_("acceptée le"), null=True, blank=True)
    accepted_by = models.CharField(_("acceptée par"), max_length=120, blank=True)
    held_until = models.DateTimeField(_("à payer avant le"), null=True, blank=True)
    ended_at = models.DateTimeField(_("terminée le"), null=True, blank=True)
    end_reason = models.CharField(_("motif de fin"), max_length=200, blank=True)
    forgotten_at = models.DateTimeField(_("oubliée le"), null=True, blank=True)

    objects = models.Manager.from_queryset(OrderQuerySet)()

    class Meta:
        verbose_name = _("commande")
        verbose_name_plural = _("commandes")
        default_permissions = ("view",)
        permissions = [("handle_order", _("Peut établir des devis et les faire accepter"))]
        constraints = [
            models.CheckConstraint(
                name="events_order_choices_known",
                condition=Q(status__in=OrderStatus.values) & Q(buyer_kind__in=BuyerKind.values),
            ),
            models.CheckConstraint(
                name="events_order_siren_is_9_digits",
                condition=Q(buyer_siren="") | Q(buyer_siren__regex=r"^\d{9}$"),
                violation_error_message=_("Un SIREN compte 9 chiffres."),
            ),
            models.CheckConstraint(
                name="events_order_siret_is_14_digits",
                condition=Q(buyer_siret="")
                | Q(buyer_siret__regex=r"^\d{14}$", buyer_siret__startswith=F("buyer_siren")),
                violation_error_message=_("Un SIRET compte 14 chiffres, dont le SIREN."),
            ),
            models.CheckConstraint(
                name="events_order_individual_has_no_siren",
                condition=~Q(buyer_kind=BuyerKind.INDIVIDUAL) | Q(buyer_siren="", buyer_siret=""),
                violation_error_message=_("Un particulier n’a pas de SIREN."),
            ),
            models.CheckConstraint(
                name="events_order_ended_says_when",
                condition=Q(status__in=ENDED, ended_at__isnull=False)
                | (~Q(status__in=ENDED) & Q(ended_at=None)),
            ),
            models.CheckConstraint(
                name="events_order_service_ends_after_it_begins",
                condition=Q(service_from=None, service_until=None)
                | Q(service_until__gte=F("service_from")),
                violation_error_message=_("La prestation se termine après avoir commencé."),
            ),
            models.CheckConstraint(
                name="events_order_paid_within_60_days",
                condition=Q(payment_days__lte=60),
                violation_error_message=_("Le délai de paiement est de 60 jours au plus."),
            ),
            models.CheckConstraint(
                name="events_order_email_folded", condition=~Q(email__regex="[A-Z]")
            ),
        ]
        indexes = [
            models.Index(fields=["status", "valid_until"], name="events_order_clock"),
            models.Index(fields=["email"], name="events_order_mailbox"),
        ]

    def __str__(self) -> str:
        return self.reference  # no name: what staff did of it is kept under these words

    @property
    def reference(self) -> str:
        """What the papers call it: «C2026-000042»."""
        return order_reference(self.pk, self.created_at.year)

    @property
    def payment_reference(self) -> str:
        """What a transfer must say: a creditor reference of ISO 11649, which checks itself."""
        return payment_reference(self.pk)

    @property
    def is_individual(self) -> bool:
        """Whether a person buys for themselves."""
        return self.buyer_kind == BuyerKind.INDIVIDUAL


class OrderLine(models.Model):
    """Ligne de commande: what, how many, at what price and under which VAT rule, frozen.

    A « dédit » is a line of its own kind, never training: it counts in no hours (R4.05).
    """

    order = models.ForeignKey(
        Order, models.CASCADE, related_name="lines", verbose_name=_("commande")
    )
    position = models.PositiveSmallIntegerField(_("rang"))
    kind = models.CharField(_("sorte"), max_length=12, choices=ProductKind)
    product = models.ForeignKey(
        Product, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("produit")
    )
    label = models.CharField(_("désignation"), max_length=300)
    quantity = models.DecimalField(
        _("quantité"), max_digits=9, decimal_places=2, validators=[MinValueValidator(0)]
    )
    unit = models.CharField(_("unité"), max_length=3, choices=Unit, default=Unit.PIECE)
    unit_price_cents = models.PositiveIntegerField(_("prix unitaire hors taxes (centimes)"))
    vat_rule = models.ForeignKey(
        VatRule, models.PROTECT, related_name="+", verbose_name=_("règle de TVA")
    )

    class Meta:
        verbose_name = _("ligne de commande")
        verbose_name_plural = _("lignes de commande")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["order", "position"], name="events_orderline_one_per_position"
            ),
            models.CheckConstraint(
                name="events_orderline_choices_known",
                condition=Q(kind__in=ProductKind.values) & Q(unit__in=Unit.values),
            ),
            models.CheckConstraint(
                name="events_orderline_counts_something",
                condition=Q(quantity__gt=0),
                violation_error_message=_("Une ligne compte au moins quelque chose."),
            ),
        ]

    def __str__(self) -> str:
        return self.label
