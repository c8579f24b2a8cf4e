"""A bank's statement in camt.053 (ISO 20022), read for the money that came in. Pure.

Any version of the message: names are read without their namespace. A document type declaration is
refused: nothing in a statement needs entities.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from xml.etree import ElementTree as ET

_CENT = Decimal("0.01")


class NotAStatement(ValueError):
    """The file is not a camt.053 message."""


@dataclass(frozen=True, kw_only=True)
class Credit:
    """Money that came in. `bank_ref`: what the bank calls it, when it does."""

    line_number: int
    booked_on: date
    amount_cents: int
    label: str
    payer: str = ""
    bank_ref: str = ""


@dataclass(frozen=True, kw_only=True)
class BadLine:
    """A line that cannot be read: why, as a key of the words."""

    line_number: int
    why: str


def read_camt(content: bytes) -> Iterator[Credit | BadLine]:
    """Yield the booked credits in euros, a batch cut into its transactions; debits are left out."""
    if b"<!DOCTYPE" in content[:2_000].upper():
        raise NotAStatement
    try:
        root = ET.fromstring(content)  # noqa: S314 -- expat bounds expansion; no DTD gets here
    except ET.ParseError as error:
        raise NotAStatement from error
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    if root.find(".//BkToCstmrStmt/Stmt") is None:
        raise NotAStatement
    for number, entry in enumerate(root.iterfind(".//BkToCstmrStmt/Stmt/Ntry"), start=1):
        is_booked = "BOOK" in (entry.findtext("Sts") or "", entry.findtext("Sts/Cd") or "")
        if is_booked and entry.findtext("CdtDbtInd") == "CRDT":
            yield from _credits(entry, number)


def _credits(entry: ET.Element, number: int) -> Iterator[Credit | BadLine]:
    day = _day(entry.findtext("BookgDt/Dt") or entry.findtext("BookgDt/DtTm") or "")
    parts = entry.findall("NtryDtls/TxDtls")
    if day is None:
        yield BadLine(line_number=number, why="date")
        return
    for part in parts or [entry]:
        amount = part.find("Amt") if len(parts) > 1 else entry.find("Amt")
        if amount is None:
            amount = part.find("AmtDtls/TxAmt/Amt")
        cents = None if amount is None else cents_of(amount.text or "")
        if amount is None or cents is None or cents <= 0:
            yield BadLine(line_number=number, why="amount")
        elif amount.get("Ccy") != "EUR":
            yield BadLine(line_number=number, why="currency")
        else:
            yield Credit(
                line_number=number,
                booked_on=day,
                amount_cents=cents,
                label=" ".join(_texts(part, entry)),
                payer=part.findtext("RltdPties/Dbtr/Nm")
                or part.findtext("RltdPties/Dbtr/Pty/Nm")
                or "",
                bank_ref=part.findtext("Refs/AcctSvcrRef") or entry.findtext("AcctSvcrRef") or "",
            )


def _texts(part: ET.Element, entry: ET.Element) -> list[str]:
    paths = ("RmtInf/Ustrd", "RmtInf/Strd/CdtrRefInf/Ref", "Refs/EndToEndId")
    found = [node.text or "" for path in paths for node in part.iterfind(path)]
    return [text for text in found if text and text != "NOTPROVIDED"] or [
        entry.findtext("AddtlNtryInf") or ""
    ]


def cents_of(text: str) -> int | None:
    """Return whole cents of «1 234,50» or «1234.50»; None for what is not an amount."""
    plain = "".join(text.split()).replace("€", "")
    if "," in plain:
        plain = plain.replace(".", "").replace(",", ".")
    try:
        amount = Decimal(plain)
        is_whole = amount.is_finite() and amount == amount.quantize(_CENT)
    except InvalidOperation:
        return None
    return int(amount * 100) if is_whole and abs(amount) < 10**9 else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
