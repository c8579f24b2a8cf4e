"""A quote as its page and its PDF say it: seven parts, costs, totals, in its language."""

import json
import re
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

from django.conf import settings
from django.utils.formats import date_format, number_format
from django.utils.translation import get_language, ngettext, override
from django.utils.translation import gettext as _

from directory.models import Quote
from directory.quotes.money import Every, Line, Totals
from directory.quotes.parts import Part, rules
from emn.lib.pdf import render_pdf

TEMPLATE = "directory/quotes/quote.typ"
BLANK_LINES = 5


def euros(amount: Decimal) -> str:
    """Return an amount as the language of the page writes it: «1 234,50 €», «€1,234.50»."""
    figure = number_format(amount, 2, use_l10n=True, force_grouping=True)
    return _("%(amount)s €") % {"amount": figure}


def percent(rate: Decimal) -> str:
    """Return a rate as the language of the page writes it: «5,5 %»."""
    return _("%(rate)s %%") % {"rate": number_format(rate.normalize() + 0, use_l10n=True)}


def cost(line: Line) -> dict[str, Any]:
    """Return a line in words."""
    rhythm = {
        Every.ONCE: _("une fois"),
        Every.MONTH: _("par mois"),
        Every.YEAR: _("par an"),
    }[line.every]
    months = ngettext("pendant %(n)d mois", "pendant %(n)d mois", line.months) % {"n": line.months}
    return {
        "label": line.label,
        "quantity": number_format(line.quantity.normalize() + 0, use_l10n=True),
        "price": euros(line.price),
        "vat": percent(line.vat),
        "rhythm": rhythm,
        "months": months if line.months else "",
        "ends": line.ends,
        "each_time": euros(line.each_time),
        "whole": euros(line.whole),
    }


def sums(found: Totals) -> list[tuple[str, str]]:
    """Return the totals, each with its words, from what is paid once to what is paid in all."""
    rows = [(_("Payé une fois, hors taxes"), euros(found.once))]
    if found.recurring:
        rows += [
            (_("Récurrent, par mois, hors taxes"), euros(found.monthly)),
            (_("Récurrent sur les durées annoncées, hors taxes"), euros(found.recurring)),
        ]
    rows.append((_("Total hors taxes"), euros(found.before_tax)))
    rows += [
        (_("TVA à %(rate)s") % {"rate": percent(entry.rate)}, euros(entry.tax))
        for entry in found.taxes
        if entry.rate
    ]
    if any(not entry.rate for entry in found.taxes):
        rows.append((_("Sans TVA"), _("franchise ou exonération")))
    return rows


def parts(content: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the seven parts with what was written in each, in their order."""
    return [
        {
            "part": part,
            "title": part.title,
            "costs": [cost(line) for line in Quote(content=content).lines]
            if part.key == "costs"
            else [],
            "rows": [
                (field.label, content[field.key])
                for field in part.fields
                if field.kind != "check" and content.get(field.key)
            ],
            "checks": [
                field.label
                for field in part.fields
                if field.kind == "check" and content.get(field.key) is True
            ],
        }
        for part in rules().parts
    ]


def quote_pdf(quote: Quote, *, masked: bool = False) -> bytes:
    """Return the PDF of a quote that was, or is about to be, sent.

    `masked`: without the client, as the centre reads it among the documents of the charter.
    """
    assert quote.sent_at is not None
    assert quote.valid_until is not None
    with override(quote.language):
        found = quote.totals
        client = [quote.client_company, quote.client_name]
        content = _unnamed(quote) if masked else quote.content
        data = _frame() | {
            "reference": quote.reference,
            "title": _("Devis %(reference)s") % {"reference": quote.reference},
            "object": "" if masked else quote.title,
            "issuer": [line for line in quote.issuer.values() if line],
            "client": [_("Client masqué")] if masked else [line for line in client if line],
            "sent": date_format(quote.sent_at, "DATE_FORMAT"),
            "valid_until": date_format(quote.valid_until, "DATE_FORMAT"),
            "covered": _("%(n)d engagements sur 7 couverts") % {"n": quote.commitments},
            "parts": [_as_text(part, quote) for part in parts(content)],
            "sums": sums(found),
            "total": euros(found.with_tax),
            "sha256": quote.sha256,
            "is_blank": False,
        }
    return render_pdf(TEMPLATE, data, at=quote.sent_at)


def _unnamed(quote: Quote) -> dict[str, Any]:
    """Return the content without the names of the client, wherever they were written."""
    names = [name for name in (quote.client_company, quote.client_name) if name]
    pattern = re.compile("|".join(map(re.escape, names)), re.IGNORECASE)
    text = json.dumps(quote.content, ensure_ascii=False)
    content: dict[str, Any] = json.loads(pattern.sub("…", text) if names else text)
    return content


def _as_text(part: dict[str, Any], quote: Quote) -> dict[str, Any]:
    own = part["part"]
    missing = {entry.part: entry.missing for entry in quote.coverage}[own.key]
    return {
        "number": own.number,
        "title": own.title,
        "rows": part["rows"],
        "checks": part["checks"],
        "costs": part["costs"],
        "is_covered": not missing,
    }


@cache
def blank_pdf(language: str) -> bytes:
    """Return the empty model, to fill in by hand; the same bytes for everybody."""
    with override(language):
        data = _frame() | {
            "title": _("Modèle de devis e-TIC"),
            "parts": [_blank(part) for part in rules().parts],
            "blank_lines": BLANK_LINES,
            "is_blank": True,
        }
    at = datetime.fromisoformat("2026-11-28T00:00:00+00:00")
    return render_pdf(TEMPLATE, data, at=at)


def _blank(part: Part) -> dict[str, Any]:
    return {
        "number": part.number,
        "title": part.title,
        "key": part.key,
        "fields": [
            {"label": field.label, "help": field.help, "kind": field.kind} for field in part.fields
        ],
    }


def _frame() -> dict[str, Any]:
    """Return the words that both documents show around what was written."""
    return {
        "language": get_language() or "fr",
        "centre": settings.CENTRE_NAME,
        "words": {
            "issuer": _("Prestataire"),
            "client": _("Client"),
            "object": _("Objet"),
            "sent": _("Établi le"),
            "valid": _("Valable jusqu’au"),
            "label": _("Désignation"),
            "quantity": _("Quantité"),
            "price": _("Prix unitaire HT"),
            "vat": _("TVA"),
            "rhythm": _("Payé"),
            "ends": _("Comment y mettre fin"),
            "whole": _("Total HT"),
            "total": _("Total toutes taxes comprises"),
            "page": _("page"),
            "of": _("sur"),
            "empty": _("Rien n’est dit sur ce point."),
            "yes": _("Oui"),
            "sha": _("Empreinte SHA-256 du contenu"),
            "accept": _("Bon pour accord : date, nom, signature"),
            "charter": _(
                "Modèle de la charte e-TIC : sept engagements, du besoin à la propriété. Le centre "
                "n’est pas partie à ce devis."
            ),
            "intro": _(
                "Remplissez les sept parties. Une partie laissée vide est un engagement que le "
                "devis ne tient pas."
            ),
        },
    }
