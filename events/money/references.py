"""What orders and invoices are called, and how a bank's label is read for it. Pure.

Source: ISO 11649 (creditor reference, checked as an IBAN is: ISO 7064, mod 97-10).
"""

import re

_GAP = r"[\s.,/-]*"  # what banks and people put between signs


def _loose(pattern: str, *counts: int) -> re.Pattern[str]:
    """Return the pattern of these fixed signs, each `#` a run of digits, gaps allowed anywhere."""
    runs = iter(counts)
    parts = [f"({_GAP.join([r'[0-9]'] * next(runs))})" if sign == "#" else sign for sign in pattern]
    return re.compile(f"(?<![A-Z0-9]){_GAP.join(parts)}(?![0-9])")


_ORDER = _loose("C##", 4, 6)
_INVOICE = _loose("F##", 4, 5)
_CREDITOR = _loose("RF#C#", 2, 8)
_MODULUS = 97


def order_reference(order_id: int, year: int) -> str:
    """Return how papers name an order: «C2026-000042»."""
    return f"C{year}-{order_id:06d}"


def invoice_reference(code: str, year: int, number: int) -> str:
    """Return the number of an invoice or credit note: «F2026-00042»."""
    return f"{code}{year}-{number:05d}"


def payment_reference(order_id: int) -> str:
    """Return what a transfer must say: «RF36C00000042»."""
    body = f"C{order_id:08d}"
    return f"RF{_check_digits(body)}{body}"


def _check_digits(body: str) -> str:
    digits = "".join(str(int(sign, 36)) for sign in f"{body}RF00")
    return f"{_MODULUS + 1 - int(digits) % _MODULUS:02d}"


def transfers_named(label: str) -> set[int]:
    """Return the orders that a label names by a creditor reference whose sum checks."""
    found = (tuple(map(_digits, match.groups())) for match in _CREDITOR.finditer(label.upper()))
    return {int(body) for digits, body in found if _check_digits(f"C{body}") == digits}


def orders_named(label: str) -> dict[str, int]:
    """Return the references of orders that a label names, each with the key it would be of.

    Whose reference it is, its year says as well: another year names no order.
    """
    found = (map(int, map(_digits, match.groups())) for match in _ORDER.finditer(label.upper()))
    return {order_reference(key, year): key for year, key in found}


def invoices_named(label: str) -> set[str]:
    """Return the numbers of invoices that a label names, written as the portal writes them."""
    return {
        invoice_reference("F", int(_digits(match[1])), int(_digits(match[2])))
        for match in _INVOICE.finditer(label.upper())
    }


def _digits(text: str) -> str:
    return re.sub("[^0-9]", "", text)
