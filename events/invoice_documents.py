"""The papers of money in words: quote, invoice, credit note, in the buyer's language."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override
from stdnum import iban

from emn.lib.pdf import render_pdf
from emn.lib.templatetags.french import euros
from events import facturx
from events.enums import Unit

TEMPLATE = "events/money/paper.typ"


def invoice_pdf(paper: dict[str, Any], *, at: datetime) -> bytes:
    """Return the document of an invoice or credit note: Factur-X, for people and machines."""
    with override(paper["language"]):
        if paper["credits"]:
            title = _("Avoir %(number)s") % {"number": paper["number"]}
        else:
            title = _("Facture %(number)s") % {"number": paper["number"]}
        data = _frame(paper, title)
        data["facts"] = _facts(paper)
        data["pay"] = [] if paper["credits"] else _how_to_pay(paper)
        data["steps"] = _steps(paper)
    return facturx.document(TEMPLATE, data, paper, at=at)


def quote_pdf(paper: dict[str, Any], *, valid_until: date, at: datetime) -> bytes:
    """Return the document of a quote, from the snapshot that its invoice would have."""
    with override(paper["language"]):
        data = _frame(paper, _("Devis %(number)s") % {"number": paper["order"]})
        data["facts"] = [
            (_("Établi le"), date_format(date.fromisoformat(paper["issued_on"]), "DATE_FORMAT")),
            (_("Valable jusqu’au"), date_format(valid_until, "DATE_FORMAT")),
            *_dates(paper),
            *_references(paper),
        ]
        data["sign"] = [_("Bon pour accord, nom et qualité"), _("Date"), _("Signature")]
    return render_pdf(TEMPLATE, data | {"xml": ""}, at=at)


def quantity(value: str) -> str:
    """Return a quantity without useless zeros: «1,5»."""
    return number_format(Decimal(value).normalize() + 0, use_l10n=True)


def counted(value: str, unit: str) -> str:
    """Return a quantity and its unit: «1,5 jour», «2 jours»."""
    amount = Decimal(value)
    number = 1 if abs(amount) < 2 else 2  # noqa: PLR2004 -- French begins the plural at 2
    words = {
        Unit.PIECE: ngettext("unité", "unités", number),
        Unit.HOUR: ngettext("heure", "heures", number),
        Unit.DAY: ngettext("jour", "jours", number),
        Unit.LUMP_SUM: ngettext("forfait", "forfaits", number),
    }[Unit(unit)]
    return f"{quantity(value)} {words}"


def rate(value: str) -> str:
    """Return a rate in words: «20 %»."""
    return _("%(rate)s %%") % {"rate": quantity(value)}


def _frame(paper: dict[str, Any], title: str) -> dict[str, Any]:
    return {
        "title": title,
        "language": paper["language"],
        "centre": settings.CENTRE_NAME,
        "seller": _seller(paper["seller"]),
        "buyer": _buyer(paper["buyer"]),
        "lines": [
            [
                line["label"],
                counted(line["quantity"], line["unit"]),
                euros(line["unit_price_cents"]),
                rate(line["vat"]["rate"]) if line["vat"]["category"] == "S" else _("sans"),
                euros(line["net_cents"]),
            ]
            for line in paper["lines"]
        ],
        "sums": _sums(paper),
        "total": euros(paper["total_cents"]),
        "mentions": list(
            filter(None, dict.fromkeys(group["vat"]["mention"] for group in paper["groups"]))
        ),
        "notes": [
            *(note["text"] for note in paper["notes"]),
            *([paper["vat_on_debits"]] if paper["vat_on_debits"] else []),
        ],
        "steps": [],
        "pay": [],
        "sign": [],
        "words": {
            "seller": _("Vendeur"), "buyer": _("Client"), "label": _("Désignation"),
            "quantity": _("Quantité"), "price": _("Prix unitaire HT"), "vat": _("TVA"),
            "net": _("Montant HT"),
            "total": _("Total de l’avoir") if paper["credits"] else _("Total à payer"),
            "lines": _("Prestations"),
            "terms": _("Conditions"), "payment": _("Pour payer"),
            "steps": _("Échéancier"), "accord": _("Accord du client"),
            "page": _("page"), "of": _("sur"), "attached": _("Facture structurée (Factur-X)"),
        },
    }  # fmt: skip


def _sums(paper: dict[str, Any]) -> list[tuple[str, str]]:
    taxes = [
        (
            _("TVA à %(rate)s sur %(base)s")
            % {"rate": rate(group["vat"]["rate"]), "base": euros(group["base_cents"])},
            euros(group["vat_cents"]),
        )
        for group in paper["groups"]
        if group["vat"]["category"] == "S"
    ]
    untaxed = [group for group in paper["groups"] if group["vat"]["category"] != "S"]
    if untaxed:
        free = sum(group["base_cents"] for group in untaxed)
        taxes.insert(0, (_("dont sans TVA"), euros(free)))
    return [(_("Total hors taxes"), euros(paper["net_cents"])), *taxes]


def _facts(paper: dict[str, Any]) -> list[tuple[str, str]]:
    issued = date_format(date.fromisoformat(paper["issued_on"]), "DATE_FORMAT")
    due = date_format(date.fromisoformat(paper["due_on"]), "DATE_FORMAT")
    facts = [(_("Date d’émission"), issued)]
    if paper["credits"]:
        day = date_format(date.fromisoformat(paper["credits"]["issued_on"]), "DATE_FORMAT")
        facts += [
            (_("Corrige la facture"),
             _("%(number)s du %(day)s") % {"number": paper["credits"]["number"], "day": day}),
            (_("Motif"), paper["reason"]),
        ]  # fmt: skip
    else:
        label = _("Dernière échéance") if paper.get("steps") else _("À payer avant le")
        facts.append((label, due))
    return [*facts, *_dates(paper), (_("Nature"), paper["nature"]), *_references(paper)]


def _dates(paper: dict[str, Any]) -> list[tuple[str, str]]:
    if not paper["service_from"]:
        return []
    start, end = (
        date_format(date.fromisoformat(paper[name]), "DATE_FORMAT")
        for name in ("service_from", "service_until")
    )
    said = start if start == end else _("du %(start)s au %(end)s") % {"start": start, "end": end}
    place = [(_("Lieu"), paper["delivery_address"])] if paper["delivery_address"] else []
    return [(_("Prestation"), said), *place]


def _references(paper: dict[str, Any]) -> list[tuple[str, str]]:
    buyer = paper["buyer"]
    rows = [
        (_("Commande"), paper["order"]),
        (_("Bon de commande"), buyer["purchase_order"]),
        (_("Code service"), buyer["service_code"]),
    ]
    return [(label, value) for label, value in rows if value]


def _steps(paper: dict[str, Any]) -> list[tuple[str, str]]:
    """Return from which day each part is asked for; nothing when all of it is asked at once."""
    return [
        (
            _("À partir du %(day)s")
            % {"day": date_format(date.fromisoformat(step["on"]), "DATE_FORMAT")},
            euros(step["cents"]),
        )
        for step in paper.get("steps", [])
    ]


def _how_to_pay(paper: dict[str, Any]) -> list[tuple[str, str]]:
    seller = paper["seller"]
    return [
        (_("Virement à"), seller["name"]),
        (_("IBAN"), iban.format(seller["iban"])),
        (_("BIC"), seller["bic"]),
        (_("Référence à indiquer"), paper["payment_reference"]),
    ]


def _seller(seller: dict[str, Any]) -> list[str]:
    number = seller["training_number"]
    return _lines(
        seller["name"],
        seller["street"],
        f"{seller['postcode']} {seller['city']}",
        f"SIRET {seller['siret']}" if seller["siret"] else "",
        _("TVA %(number)s") % {"number": seller["vat_id"]} if seller["vat_id"] else "",
        _("Déclaration d’activité %(number)s") % {"number": number} if number else "",
        seller["email"],
    )


def _buyer(buyer: dict[str, Any]) -> list[str]:
    country = "" if buyer["country"] == "FR" else buyer["country"]
    return _lines(
        buyer["name"],
        buyer["contact_name"],
        buyer["street"],
        f"{buyer['postcode']} {buyer['city']} {country}".strip(),
        f"SIREN {buyer['siren']}" if buyer["siren"] else "",
        _("TVA %(number)s") % {"number": buyer["vat_id"]} if buyer["vat_id"] else "",
    )


def _lines(*lines: str) -> list[str]:
    return [line for line in lines if line]
