"""Papers and payments as entries of the accounts: two sides, always equal. Pure.

The columns are those of the FEC (livre des procédures fiscales, art. A47 A-1) that a sale and its
payment fill. The accounts are those of the general chart (plan comptable général): the accountant's
program maps them to its own.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any

COLUMNS = (
    "JournalCode", "JournalLib", "EcritureNum", "EcritureDate", "CompteNum", "CompteLib",
    "CompAuxNum", "CompAuxLib", "PieceRef", "PieceDate", "EcritureLib", "Debit", "Credit",
)  # fmt: skip
CLIENTS = ("411000", "Clients")
BANK = ("512000", "Banque")
VAT = ("445710", "TVA collectée")
SALES = {
    "training": ("706100", "Formations"),
    "room": ("708300", "Locations diverses"),
    "consulting": ("706200", "Conseil"),
    "recruitment": ("706300", "Recrutement"),
    "event": ("706400", "Événements"),
    "indemnity": ("758000", "Indemnités de dédit"),
}


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of an entry; one of `debit_cents` and `credit_cents` is zero."""

    journal: tuple[str, str]
    number: str
    day: date
    account: tuple[str, str]
    client: tuple[str, str] = ("", "")
    label: str
    debit_cents: int = 0
    credit_cents: int = 0

    def cells(self) -> list[str]:
        """Return the line as the file writes it: days as AAAAMMJJ, a comma before the cents."""
        day = f"{self.day:%Y%m%d}"
        return [
            *self.journal, self.number, day, *self.account, *self.client, self.number, day,
            self.label, _euros(self.debit_cents), _euros(self.credit_cents),
        ]  # fmt: skip


def of_paper(paper: dict[str, Any], *, client: str) -> list[Entry]:
    """Return the entry of an invoice, or, its sides changed, of a credit note."""
    is_credit = paper["credits"] is not None
    sales: dict[str, int] = defaultdict(int)
    for line in paper["lines"]:
        sales[line["kind"]] += line["net_cents"]
    sides = [(CLIENTS, paper["total_cents"], True)]
    sides += [(SALES[kind], cents, False) for kind, cents in sorted(sales.items())]
    sides.append((VAT, paper["vat_cents"], False))
    return [
        Entry(
            journal=("VE", "Ventes"),
            number=paper["number"],
            day=date.fromisoformat(paper["issued_on"]),
            account=account,
            client=(client, paper["buyer"]["name"]) if account == CLIENTS else ("", ""),
            label=f"{'Avoir' if is_credit else 'Facture'} {paper['buyer']['name']}",
            debit_cents=cents if is_debit != is_credit else 0,
            credit_cents=0 if is_debit != is_credit else cents,
        )
        for account, cents, is_debit in sides
        if cents
    ]


def of_payment(
    *, number: str, day: date, cents: int, client: str, name: str, label: str
) -> list[Entry]:
    """Return the entry of money that came (`cents` > 0) or went back (< 0)."""
    sides = [(BANK, cents > 0), (CLIENTS, cents < 0)]
    return [
        Entry(
            journal=("BQ", "Banque"),
            number=number,
            day=day,
            account=account,
            client=(client, name) if account == CLIENTS else ("", ""),
            label=label,
            debit_cents=abs(cents) if is_debit else 0,
            credit_cents=0 if is_debit else abs(cents),
        )
        for account, is_debit in sides
    ]


def _euros(cents: int) -> str:
    return f"{cents // 100},{cents % 100:02d}"
