"""Money that came, by transfer or by card, and what banks and providers said of it."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from emn.lib.storage import private_storage
from emn.lib.templatetags.french import euros
from events.enums import BankLineStatus, PaymentMethod, PaymentStatus
from events.models.orders import Order


class PaymentQuerySet(models.QuerySet["Payment"]):
    """Questions about payments."""

    def received(self) -> Self:
        """Keep the money that came."""
        return self.filter(status=PaymentStatus.RECEIVED)

    def to_decide(self) -> Self:
        """Keep what staff must look into: money for an order that had ended, or too much of it."""
        return self.filter(needs_decision=True)


class Payment(models.Model):
    """Paiement: one attempt to pay an order.

    The facts only ever grow: money received stays so, `refunded_cents`, the sum of its refunds,
    never goes down. Whatever the order in which a provider's messages arrive, they end the same.
    """

    order = models.ForeignKey(
        Order, models.PROTECT, related_name="payments", verbose_name=_("commande")
    )
    method = models.CharField(_("moyen"), max_length=8, choices=PaymentMethod)
    status = models.CharField(_("état"), max_length=8, choices=PaymentStatus)
    amount_cents = models.BigIntegerField(_("montant (centimes)"))
    refunded_cents = models.BigIntegerField(_("remboursé (centimes)"), default=0)
    reference = models.CharField(_("référence"), max_length=140, blank=True)
    provider = models.CharField(_("prestataire"), max_length=20, blank=True)
    provider_ref = models.CharField(_("référence du prestataire"), max_length=255, blank=True)
    intent_ref = models.CharField(_("paiement chez le prestataire"), max_length=255, blank=True)
    pay_url = models.URLField(_("page de paiement"), max_length=2_000, blank=True)
    created_at = models.DateTimeField(_("commencé le"))
    received_on = models.DateField(_("reçu le"), null=True, blank=True)
    needs_decision = models.BooleanField(_("à décider"), default=False)
    note = models.CharField(_("note"), max_length=300, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("saisi par"),
    )  # fmt: skip

    objects = models.Manager.from_queryset(PaymentQuerySet)()

    class Meta:
        verbose_name = _("paiement")
        verbose_name_plural = _("paiements")
        default_permissions = ("view",)
        permissions = [("handle_money", _("Peut facturer, encaisser et rapprocher"))]
        constraints = [
            models.CheckConstraint(
                name="events_payment_choices_known",
                condition=Q(method__in=PaymentMethod.values) & Q(status__in=PaymentStatus.values),
            ),
            models.CheckConstraint(
                name="events_payment_amounts",
                condition=Q(amount_cents__gt=0)
                & Q(refunded_cents__gte=0)
                & Q(refunded_cents__lte=F("amount_cents")),
                violation_error_message=_("On ne rembourse pas plus que ce qui est reçu."),
            ),
            models.CheckConstraint(
                name="events_payment_received_says_when",
                condition=Q(status=PaymentStatus.RECEIVED, received_on__isnull=False)
                | (~Q(status=PaymentStatus.RECEIVED) & Q(received_on=None)),
            ),
            models.UniqueConstraint(
                fields=["provider", "provider_ref"],
                condition=~Q(provider_ref=""),
                name="events_payment_one_per_provider_ref",
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"],
                name="events_payment_queue",
                condition=Q(needs_decision=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk} · {self.get_method_display()}"


class Refund(models.Model):
    """Remboursement: money that went back, each time a row; a trigger refuses that it changes.

    `refunded_on`: the day of the books. `by`: the agent who noted it; nobody for a card, whose
    provider says so. `Payment.refunded_cents` is their sum.
    """

    payment = models.ForeignKey(
        Payment, models.PROTECT, related_name="refunds", verbose_name=_("paiement")
    )
    amount_cents = models.BigIntegerField(_("montant (centimes)"))
    refunded_on = models.DateField(_("rendu le"))
    method = models.CharField(_("moyen"), max_length=8, choices=PaymentMethod)
    reference = models.CharField(_("référence"), max_length=255, blank=True)
    noted_at = models.DateTimeField(_("noté le"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("saisi par"),
    )  # fmt: skip

    class Meta:
        verbose_name = _("remboursement")
        verbose_name_plural = _("remboursements")
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                name="events_refund_gives_something_back", condition=Q(amount_cents__gt=0)
            ),
            models.CheckConstraint(
                name="events_refund_method_known", condition=Q(method__in=PaymentMethod.values)
            ),
        ]
        indexes = [models.Index(fields=["refunded_on", "id"], name="events_refund_books")]

    def __str__(self) -> str:
        return f"R{self.pk:06d}"


class WebhookEvent(models.Model):
    """Message de prestataire: each event of a payment provider, believed and done once."""

    provider = models.CharField(_("prestataire"), max_length=20)
    event_id = models.CharField(_("identifiant"), max_length=255)
    kind = models.CharField(_("sorte"), max_length=80)
    created_at = models.DateTimeField(_("émis le"))
    received_at = models.DateTimeField(_("reçu le"))
    payment = models.ForeignKey(
        Payment, models.SET_NULL, null=True, blank=True, related_name="events",
        verbose_name=_("paiement"),
    )  # fmt: skip
    outcome = models.CharField(_("suite donnée"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("message de prestataire")
        verbose_name_plural = _("messages de prestataires")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "event_id"], name="events_webhookevent_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider} · {self.event_id}"


class BankStatement(models.Model):
    """Relevé bancaire: a file of the bank, read whole or not at all."""

    name = models.CharField(_("fichier"), max_length=200)
    file = models.FileField(_("contenu"), upload_to="releves", storage=private_storage)
    sha256 = models.CharField(_("empreinte"), max_length=64, unique=True)
    imported_at = models.DateTimeField(_("lu le"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+",
        verbose_name=_("par"),
    )  # fmt: skip

    class Meta:
        verbose_name = _("relevé bancaire")
        verbose_name_plural = _("relevés bancaires")
        default_permissions = ("view",)

    def __str__(self) -> str:
        return self.name


class BankLineQuerySet(models.QuerySet["BankLine"]):
    """Questions about lines of the bank."""

    def waiting(self) -> Self:
        """Keep those that staff must reconcile."""
        return self.filter(status=BankLineStatus.WAITING)


class BankLine(models.Model):
    """Ligne de relevé: money that came in, and the order it pays.

    `fingerprint`: the same line, in another file, is the same row.
    """

    statement = models.ForeignKey(
        BankStatement, models.PROTECT, related_name="lines", verbose_name=_("relevé")
    )
    line_number = models.PositiveIntegerField(_("ligne"))
    fingerprint = models.CharField(_("empreinte"), max_length=64, unique=True)
    booked_on = models.DateField(_("date"))
    amount_cents = models.BigIntegerField(_("montant (centimes)"))
    label = models.CharField(_("libellé"), max_length=500)
    payer = models.CharField(_("émetteur"), max_length=200, blank=True)
    status = models.CharField(_("état"), max_length=8, choices=BankLineStatus)
    remark = models.CharField(_("remarque"), max_length=200, blank=True)
    payment = models.OneToOneField(
        Payment, models.PROTECT, null=True, blank=True, related_name="bank_line",
        verbose_name=_("paiement"),
    )  # fmt: skip

    objects = models.Manager.from_queryset(BankLineQuerySet)()

    class Meta:
        verbose_name = _("ligne de relevé")
        verbose_name_plural = _("lignes de relevé")
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                name="events_bankline_status_known", condition=Q(status__in=BankLineStatus.values)
            ),
            models.CheckConstraint(
                name="events_bankline_matched_has_its_payment",
                condition=Q(status=BankLineStatus.MATCHED) ^ Q(payment=None),
            ),
            models.CheckConstraint(name="events_bankline_came_in", condition=Q(amount_cents__gt=0)),
        ]
        indexes = [
            models.Index(
                fields=["-booked_on", "-id"],
                name="events_bankline_waiting",
                condition=Q(status=BankLineStatus.WAITING),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.booked_on} · {euros(self.amount_cents)}"  # no name, as for an order
