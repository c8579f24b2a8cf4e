"""Statements of the bank: read whole or not at all, each line brought to the order it pays."""

import hashlib
import io
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from emn.lib.db import advisory_lock
from emn.lib.errors import DomainError
from emn.lib.tables import Unreadable, read_lines
from emn.lib.templatetags.french import euros
from events.enums import BankLineStatus, PaymentMethod
from events.models import BankLine, BankStatement, Invoice, Order, Payment
from events.money.references import invoices_named, orders_named, transfers_named
from events.money.statements import BadLine, Credit, NotAStatement, cents_of, read_camt
from events.services import orders, payments

DATE_FORMATS = ("%d/%m/%Y", "%Y-%m-%d")
COLUMNS = ("date", "libelle", "montant")  # and, when they are there: emetteur, reference
MOST_LINES = 5_000
MOST_ERRORS_SHOWN = 30


class StatementRefused(DomainError):
    """The file cannot be read; `lines` says why, line by line. Nothing was written."""

    def __init__(self, message: str, lines: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.lines = list(lines)


@transaction.atomic(durable=True)
def import_statement(*, name: str, content: bytes, by_id: int, now: datetime) -> BankStatement:
    """Read a statement (.csv, .xlsx or camt.053 .xml) and record the money that came.

    A line that names one order, by its reference, its creditor reference or its invoice, pays it;
    the others wait for staff. A line already known, from another file, is left out. Raises
    StatementRefused: the file was read before, or some line cannot be.
    """
    advisory_lock("events.bank")
    digest = hashlib.sha256(content).hexdigest()
    if BankStatement.objects.filter(sha256=digest).exists():
        raise StatementRefused(_("Ce relevé a déjà été lu."))
    found = _read(name, content)
    today = timezone.localdate(now)
    late = [row.line_number for row in found if row.booked_on > today]
    if late:
        raise _refused([_line_words(number, _("cette date est à venir")) for number in late])
    statement = BankStatement(name=name[:200], sha256=digest, imported_at=now, by_id=by_id)
    statement.file.save(f"{digest[:16]}{_suffix(name)}", ContentFile(content), save=False)
    statement.save()
    seen: Counter[str] = Counter()
    known = set(
        BankLine.objects.filter(booked_on__in={row.booked_on for row in found}).values_list(
            "fingerprint", flat=True
        )
    )
    for row in found:
        fingerprint = _fingerprint(row, seen)
        if fingerprint not in known:
            _record(statement, row, fingerprint, by_id=by_id, now=now)
    return statement


def _record(
    statement: BankStatement, row: Credit, fingerprint: str, *, by_id: int, now: datetime
) -> None:
    named = named_in(row.label)
    line = BankLine(
        statement=statement,
        line_number=row.line_number,
        fingerprint=fingerprint,
        booked_on=row.booked_on,
        amount_cents=row.amount_cents,
        label=row.label[:500],
        payer=row.payer[:200],
        status=BankLineStatus.WAITING,
    )
    if len(named) == 1:
        _pay(line, named.pop(), by_id=by_id, now=now)
    else:
        line.remark = _("Plusieurs commandes sont nommées.") if named else _("Aucune référence.")
    line.save()


def _pay(line: BankLine, order_id: int, *, by_id: int, now: datetime) -> None:
    order = orders.locked(order_id)
    payment = Payment(
        order=order,
        method=PaymentMethod.TRANSFER,
        amount_cents=line.amount_cents,
        reference=line.label[:140],
        created_at=now,
        by_id=by_id,
    )
    line.payment = payments.receive(order, payment, on=line.booked_on, now=now)
    line.status = BankLineStatus.MATCHED
    left = payments.left_cents(order)
    line.remark = payment.note or (
        _("Soldée.") if left == 0 else _("Reste %(amount)s à payer.") % {"amount": euros(left)}
    )


@transaction.atomic(durable=True)
def assign(*, line_id: int, order_id: int, by_id: int, now: datetime) -> BankLine:
    """Bring a line that waited to the order that staff found. Raises StatementRefused."""
    line = _waiting(line_id)
    _pay(line, order_id, by_id=by_id, now=now)
    line.save()
    return line


@transaction.atomic(durable=True)
def ignore(*, line_id: int, reason: str) -> BankLine:
    """Note that a line pays no order. Raises StatementRefused."""
    line = _waiting(line_id)
    line.status, line.remark = BankLineStatus.IGNORED, reason[:200]
    line.save(update_fields=["status", "remark"])
    return line


def named_in(text: str) -> set[int]:
    """Return the orders that a text names: by their reference, a transfer's, or an invoice's."""
    references, transfers = orders_named(text), transfers_named(text)
    rows = Order.objects.filter(pk__in={*references.values(), *transfers})
    known = {row.pk for row in rows if row.pk in transfers or row.reference in references}
    by_invoice = Invoice.objects.filter(reference__in=invoices_named(text))
    return known | set(by_invoice.values_list("order", flat=True))


def _waiting(line_id: int) -> BankLine:
    line = BankLine.objects.select_for_update(of=("self",)).get(pk=line_id)
    if line.status != BankLineStatus.WAITING:
        raise StatementRefused(_("Cette ligne n’attend plus rien."))
    return line


def _fingerprint(row: Credit, seen: Counter[str]) -> str:
    """Name a line: by the bank's reference; else by what it says, and which of its like it is."""
    facts = f"{row.booked_on}|{row.amount_cents}|{row.label}|{row.payer}|{row.bank_ref}"
    seen[facts] += 1
    return hashlib.sha256(f"{facts}|{seen[facts]}".encode()).hexdigest()


# --- Reading ---


def _read(name: str, content: bytes) -> list[Credit]:
    rows: list[Credit | BadLine]
    if _suffix(name) == ".xml":
        try:
            rows = list(read_camt(content))
        except NotAStatement as error:
            raise StatementRefused(
                _("Ce fichier n’est pas un relevé camt.053 que la banque aurait écrit.")
            ) from error
    else:
        try:
            rows = _read_table(name, content)
        except Unreadable as error:
            raise StatementRefused(error.message) from error
    words = {
        "date": _("la date ne se lit pas"),
        "amount": _("le montant ne se lit pas"),
        "currency": _("le montant n’est pas en euros"),
    }
    bad = [_line_words(row.line_number, words[row.why]) for row in rows if isinstance(row, BadLine)]
    if bad:
        raise _refused(bad)
    found = [row for row in rows if isinstance(row, Credit)]
    if not found:
        raise StatementRefused(_("Ce relevé ne montre aucun encaissement."))
    return found


def _read_table(name: str, content: bytes) -> list[Credit | BadLine]:
    header, lines = read_lines(io.BytesIO(content), name=name.lower(), most_lines=MOST_LINES)
    if lacking := [column for column in COLUMNS if column not in header]:
        raise StatementRefused(
            _("Il manque des colonnes : %(columns)s.") % {"columns": ", ".join(lacking)}
        )
    rows: list[Credit | BadLine] = []
    for number, cells in lines:
        day, cents = _day(cells.get("date", "")), cents_of(cells.get("montant", ""))
        if day is None:
            rows.append(BadLine(line_number=number, why="date"))
        elif cents is None:
            rows.append(BadLine(line_number=number, why="amount"))
        elif cents > 0:
            rows.append(
                Credit(
                    line_number=number,
                    booked_on=day,
                    amount_cents=cents,
                    label=cells.get("libelle", ""),
                    payer=cells.get("emetteur", ""),
                    bank_ref=cells.get("reference", ""),
                )
            )
    return rows


def _day(text: str) -> date | None:
    for pattern in DATE_FORMATS:
        try:
            return datetime.strptime(text[:10], pattern).date()  # noqa: DTZ007 -- a day
        except ValueError:
            continue
    return None


def _suffix(name: str) -> str:
    return f".{name.lower().rpartition('.')[2]}"


def _line_words(number: int, why: str) -> str:
    return _("Ligne %(number)s : %(why)s.") % {"number": number, "why": why}


def _refused(lines: list[str]) -> StatementRefused:
    return StatementRefused(
        _("Rien n’est enregistré : corrigez ces lignes, puis envoyez à nouveau."),
        lines[:MOST_ERRORS_SHOWN],
    )
