"""Invoices and credit notes: numbered without a gap, frozen by the database."""

from datetime import date
from typing import Self

from django.db import models
from django.db.models import F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from emn.lib.storage import private_storage
from events.enums import InvoiceKind, PaymentStatus
from events.models.orders import Order


class InvoiceSeries(models.Model):
    """Série de factures: one chronological sequence; its row is the lock of the next number.

    A sequence of PostgreSQL leaves a gap at each rollback: a row does not. Source: R4.10 (CGI,
    annexe II, art. 242 nonies A, I-7°).
    """

    year = models.PositiveSmallIntegerField(_("année"))
    code = models.CharField(_("code"), max_length=2)
    last_number = models.PositiveIntegerField(_("dernier numéro"), default=0)
    last_issued_on = models.DateField(_("dernière émission"), null=True, blank=True)

    class Meta:
        verbose_name = _("série de factures")
        verbose_name_plural = _("séries de factures")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["year", "code"], name="events_invoiceseries_one_per_year_and_code"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code}{self.year}"


class InvoiceQuerySet(models.QuerySet["Invoice"]):
    """Questions about invoices."""

    def with_balance(self) -> Self:
        """Annotate `credited_cents`, `paid_cents` and `left_cents`, of invoices proper.

        Payments belong to the order: all of them count for its invoice.
        """
        credited = (
            Invoice.objects.filter(credits=OuterRef("pk"))
            .order_by()
            .values("credits")
            .annotate(total=Sum("total_cents"))
            .values("total")
        )
        paid = (
            Order.objects.filter(pk=OuterRef("order"))
            .order_by()
            .values("pk")
            .annotate(
                total=Sum(
                    F("payments__amount_cents") - F("payments__refunded_cents"),
                    filter=Q(payments__status=PaymentStatus.RECEIVED),
                )
            )
            .values("total")
        )
        whole = models.BigIntegerField()
        return self.annotate(
            credited_cents=Coalesce(Subquery(credited, output_field=whole), 0),
            paid_cents=Coalesce(Subquery(paid, output_field=whole), 0),
        ).annotate(left_cents=F("total_cents") - F("credited_cents") - F("paid_cents"))

    def with_left(self, cents: int) -> Self:
        """Keep the invoices of which just that is left to pay."""
        rows = self.filter(kind=InvoiceKind.INVOICE).with_balance()
        return rows.filter(Q(left_cents=cents))

    def late(self, *, today: date) -> Self:
        """Keep the invoices that are due and not wholly paid."""
        return (
            self.filter(kind=InvoiceKind.INVOICE, due_on__lt=today)
            .with_balance()
            .filter(left_cents__gt=0)
        )


class Invoice(models.Model):
    """Facture ou avoir: a number, and what the paper says, frozen (R4.10, R4.11).

    `snapshot`: the whole of it (events/services/papers.py). `pdf` and `sha256` come once, from the
    worker; a trigger refuses every other change, and removal before ten years (R4.13).
    """

    kind = models.CharField(_("sorte"), max_length=8, choices=InvoiceKind)
    order = models.ForeignKey(
        Order, models.PROTECT, related_name="invoices", verbose_name=_("commande")
    )
    series = models.ForeignKey(
        InvoiceSeries, models.PROTECT, related_name="invoices", verbose_name=_("série")
    )
    number = models.PositiveIntegerField(_("rang dans la série"))
    reference = models.CharField(_("numéro"), max_length=20, unique=True)
    credits = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="credit_notes",
        verbose_name=_("facture corrigée"),
    )  # fmt: skip
    issued_on = models.DateField(_("émise le"))
    due_on = models.DateField(_("à payer avant le"))
    issued_at = models.DateTimeField(_("enregistrée le"))
    buyer_name = models.CharField(_("acheteur"), max_length=200)
    net_cents = models.BigIntegerField(_("hors taxes (centimes)"))
    vat_cents = models.BigIntegerField(_("TVA (centimes)"))
    total_cents = models.BigIntegerField(_("total (centimes)"))
    snapshot = models.JSONField(_("contenu"))
    pdf = models.FileField(_("document"), upload_to="factures", storage=private_storage, blank=True)
    sha256 = models.CharField(_("empreinte"), max_length=64, blank=True)

    objects = models.Manager.from_queryset(InvoiceQuerySet)()

    class Meta:
        verbose_name = _("facture")
        verbose_name_plural = _("factures")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["series", "number"], name="events_invoice_one_per_number"
            ),
            models.CheckConstraint(
                name="events_invoice_kind_known", condition=Q(kind__in=InvoiceKind.values)
            ),
            models.CheckConstraint(
                name="events_invoice_credit_note_names_its_invoice",
                condition=Q(kind=InvoiceKind.CREDIT) ^ Q(credits=None),
            ),
            models.CheckConstraint(
                name="events_invoice_adds_up",
                condition=Q(total_cents=F("net_cents") + F("vat_cents"))
                & Q(net_cents__gte=0, vat_cents__gte=0),
            ),
            models.CheckConstraint(
                name="events_invoice_due_after_issue", condition=Q(due_on__gte=F("issued_on"))
            ),
            models.CheckConstraint(
                name="events_invoice_document_has_its_digest",
                condition=Q(pdf="", sha256="") | (~Q(pdf="") & Q(sha256__regex="^[0-9a-f]{64}$")),
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_on"],
                name="events_invoice_due",
                condition=Q(kind=InvoiceKind.INVOICE),
            ),
            models.Index(fields=["-issued_on", "-id"], name="events_invoice_last"),
        ]

    def __str__(self) -> str:
        return self.reference


class InvoiceReminder(models.Model):
    """Relance: a late invoice was recalled, each step once."""

    invoice = models.ForeignKey(
        Invoice, models.CASCADE, related_name="reminders", verbose_name=_("facture")
    )
    step = models.PositiveSmallIntegerField(_("étape"))
    sent_at = models.DateTimeField(_("envoyée le"))

    class Meta:
        verbose_name = _("relance")
        verbose_name_plural = _("relances")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["invoice", "step"], name="events_invoicereminder_one_per_step"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.invoice_id} · {self.step}"
