"""What an invoice or a credit note says, frozen: seller, buyer, lines, amounts, legal words.

The mentions of the law are in French whatever the buyer's language. Source: R4.11 (CGI, annexe II,
242 nonies A; Code de commerce, L.441-9 and L.441-10).
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from events import invoice_documents
from events.enums import BuyerKind, InvoiceKind
from events.models import Order, OrderLine
from events.money.amounts import Amounts, Group, Line, Vat
from events.money.withdrawal import Step
from events.services import orders

FORMAT = 1
CURRENCY = "EUR"
# Codes of UNTDID 4451, which the French rules of structured invoices ask for.
NOTES = (
    ("PMD", "En cas de retard : pénalités au taux de trois fois l’intérêt légal."),
    ("PMT", "En cas de retard : indemnité forfaitaire pour frais de recouvrement de 40 €."),
    ("AAB", "Pas d’escompte pour paiement anticipé."),
)
NOTES_OF_INDIVIDUALS = NOTES[2:]
NATURE = "Prestation de services"
VAT_ON_DEBITS = "Option pour le paiement de la taxe d’après les débits"


def snapshot(
    order: Order,
    lines: Sequence[OrderLine],
    counted: Amounts,
    *,
    issued_on: date,
    due_on: date,
    steps: Sequence[Step] = (),
) -> dict[str, Any]:
    """Return what an invoice says, but for its number; amounts in cents, days in ISO 8601.

    `steps`: when the law spreads what is asked. A paper issued before they existed has none.
    """
    by_position = {line.position: line for line in lines}
    is_individual = order.buyer_kind == BuyerKind.INDIVIDUAL
    return {
        "format": FORMAT,
        "kind": str(InvoiceKind.INVOICE),
        "currency": CURRENCY,
        "language": order.language,
        "issued_on": issued_on.isoformat(),
        "due_on": due_on.isoformat(),
        "order": order.reference,
        "payment_reference": order.payment_reference,
        "seller": dict(settings.SELLER),
        "buyer": {
            "kind": order.buyer_kind,
            "name": order.buyer_name,
            "siren": order.buyer_siren,
            "siret": order.buyer_siret,
            "street": order.buyer_street,
            "postcode": order.buyer_postcode,
            "city": order.buyer_city,
            "country": order.buyer_country,
            "vat_id": order.buyer_vat_id,
            "contact_name": order.contact_name,
            "email": order.email,
            "purchase_order": order.purchase_order,
            "service_code": order.service_code,
        },
        "delivery_address": order.delivery_address,
        "service_from": order.service_from.isoformat() if order.service_from else "",
        "service_until": order.service_until.isoformat() if order.service_until else "",
        "nature": NATURE,
        "vat_on_debits": VAT_ON_DEBITS if settings.SELLER["vat_on_debits"] else "",
        "notes": [
            {"code": code, "text": text}
            for code, text in (NOTES_OF_INDIVIDUALS if is_individual else NOTES)
        ],
        "steps": [{"on": step.on.isoformat(), "cents": step.cents} for step in steps],
        "credits": None,
        "reason": "",
        "lines": [
            {
                "position": line.position,
                "kind": by_position[line.position].kind,
                "label": by_position[line.position].label,
                "unit": by_position[line.position].unit,
                "quantity": str(line.quantity),
                "unit_price_cents": line.unit_price_cents,
                "net_cents": line.net_cents,
                "vat": _vat(line.vat),
            }
            for line in counted.lines
        ],
        "groups": [
            {"vat": _vat(group.vat), "base_cents": group.base_cents, "vat_cents": group.vat_cents}
            for group in counted.groups
        ],
        "net_cents": counted.net_cents,
        "vat_cents": counted.vat_cents,
        "total_cents": counted.total_cents,
    }


def quote_pdf(order: Order) -> bytes:
    """Return the document of a quote, as the order stands."""
    lines = list(order.lines.select_related("vat_rule").order_by("position"))
    made_on = timezone.localdate(order.created_at)
    paper = snapshot(
        order, lines, orders.amounts_of(order), issued_on=made_on, due_on=order.valid_until
    )
    return invoice_documents.quote_pdf(
        paper, valid_until=order.valid_until, at=order.sent_at or order.created_at
    )


def amounts_of(paper: dict[str, Any]) -> Amounts:
    """Return the amounts that a snapshot holds."""
    return Amounts(
        lines=tuple(
            Line(
                position=line["position"],
                quantity=Decimal(line["quantity"]),
                unit_price_cents=line["unit_price_cents"],
                net_cents=line["net_cents"],
                vat=vat_of(line["vat"]),
            )
            for line in paper["lines"]
        ),
        groups=tuple(
            Group(
                vat=vat_of(group["vat"]),
                base_cents=group["base_cents"],
                vat_cents=group["vat_cents"],
            )
            for group in paper["groups"]
        ),
    )


def missing(paper: dict[str, Any]) -> list[str]:
    """Return what the law asks for and the paper lacks, each as words fit for a sentence."""
    seller, buyer = paper["seller"], paper["buyer"]
    needed = [
        (seller["name"], _("le nom du centre")),
        (seller["siret"], _("le SIRET du centre")),
        (seller["vat_id"], _("le numéro de TVA du centre")),
        (seller["street"] and seller["postcode"] and seller["city"], _("l’adresse du centre")),
        (seller["iban"], _("l’IBAN du centre")),
        (buyer["name"], _("le nom de l’acheteur")),
        (buyer["street"] and buyer["postcode"] and buyer["city"], _("l’adresse de l’acheteur")),
        (paper["service_from"] and paper["service_until"], _("les dates de la prestation")),
        (paper["issued_on"] and paper["due_on"], _("les dates d’émission et d’échéance")),
        (paper["lines"], _("au moins une ligne")),
        (all(line["label"].strip() for line in paper["lines"]), _("la désignation d’une ligne")),
        (
            all(group["vat"]["category"] == "S" or group["vat"]["mention"]
                for group in paper["groups"]),
            _("la mention de l’exonération de TVA"),
        ),
        (paper["notes"], _("les conditions de paiement")),
    ]  # fmt: skip
    if buyer["kind"] != BuyerKind.INDIVIDUAL and buyer["country"] == "FR":
        needed.append((buyer["siren"], _("le SIREN de l’acheteur")))
    if paper["kind"] == InvoiceKind.CREDIT:
        needed += [(paper["credits"], _("la facture corrigée")), (paper["reason"], _("le motif"))]
    return [words for value, words in needed if not value]


def _vat(vat: Vat) -> dict[str, str]:
    return {
        "category": vat.category, "rate": str(vat.rate), "mention": vat.mention, "code": vat.code
    }  # fmt: skip


def vat_of(kept: dict[str, str]) -> Vat:
    """Return the VAT that a snapshot keeps."""
    return Vat(
        category=kept["category"],
        rate=Decimal(kept["rate"]),
        mention=kept["mention"],
        code=kept["code"],
    )
