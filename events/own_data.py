"""What the events hold about people (see emn.accounts.personal_data)."""

from datetime import date, timedelta
from functools import partial

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from emn.accounts.models import User
from emn.accounts.personal_data import PersonalData, Rows, register
from emn.lib.commit import after_commit
from emn.lib.storage import delete_after_commit
from events.enums import EndReason, OrderStatus, RegistrationStatus
from events.models import (
    BankLine,
    BankStatement,
    Invoice,
    Order,
    Payment,
    Registration,
    Scan,
)
from events.models.orders import ENDED
from events.models.registrations import ACTIVE
from events.services.registrations import fold_email
from events.tasks import promote


def _forget(rows: Rows) -> None:
    """Keep what is counted (session, company, presence), without the person.

    Whoever still had a seat, or waited, gives it back: the waiting list has it once committed.
    """
    now = timezone.now()
    going = rows.filter(status__in=ACTIVE, session__starts_at__gt=now)
    freed = set(going.values_list("session", flat=True))
    going.update(
        status=RegistrationStatus.CANCELLED,
        end_reason=EndReason.PERSON,
        ended_at=now,
        expires_at=None,
    )
    rows.filter(forgotten_at=None).update(full_name="", email="", forgotten_at=now)
    for session_id in sorted(freed):
        after_commit(partial(promote.delay, session_id=session_id))


def _forget_who_scanned(rows: Rows) -> None:
    """Keep what happened at the door, without the agent."""
    rows.update(by=None)


INVOICES_KEPT = timedelta(days=4018)  # data/retention.json says the same, and a test compares


def _invoices_over(cutoff: date) -> Q:
    """Return the invoices that may go: so may the credit notes that name them."""
    return Q(issued_on__lt=cutoff) & ~Q(credit_notes__issued_on__gte=cutoff)


def _drop_invoices(rows: Rows) -> None:
    files = [row.pdf for row in rows]
    rows.delete()
    delete_after_commit(*files)


def _forget_buyer(rows: Rows) -> None:
    """Keep what was sold, without whom to write to; an individual never invoiced goes whole."""
    rows.filter(buyer_kind="individual", invoices=None).update(
        buyer_name="", buyer_street="", buyer_postcode="", buyer_city="", buyer_vat_id=""
    )
    rows.filter(forgotten_at=None).update(
        contact_name="", email="", accepted_by="", forgotten_at=timezone.now()
    )


def _forget_payer(rows: Rows) -> None:
    rows.update(label="", payer="")


def _order_under_way(user: User) -> str | None:
    under_way = Order.objects.filter(
        email=fold_email(user.email), status=OrderStatus.ACCEPTED, buyer_kind="individual"
    )
    if under_way.exists():
        return _("Une commande acceptée attend sa facture : annulez-la d’abord avec le centre.")
    return None


def _register_money() -> None:
    """Register orders, invoices and payments: the law keeps invoices, whoever asks (R4.13)."""
    register(
        PersonalData(
            model=Order,
            about=lambda user: Q(email=fold_email(user.email), forgotten_at=None),
            export=(
                "status", "buyer_name", "buyer_street", "buyer_postcode", "buyer_city",
                "contact_name", "email", "purchase_order", "created_at", "accepted_at",
                "accepted_by",
            ),
            erase=_forget_buyer,
            objection=_order_under_way,
            retention={
                "order_without_invoice": lambda _now, cutoff: Q(
                    status__in=ENDED, ended_at__lt=cutoff, invoices=None, forgotten_at=None
                ),
                "invoice": lambda _now, cutoff: Q(created_at__lt=cutoff, forgotten_at=None)
                & ~Q(invoices__issued_on__gte=cutoff),
            },
        ),
        PersonalData(
            model=Invoice,
            about=lambda user: Q(order__email=fold_email(user.email)),
            export=("reference", "kind", "issued_on", "total_cents", "buyer_name"),
            erasable=lambda rows: rows.filter(
                _invoices_over(timezone.localdate() - INVOICES_KEPT)
            ),
            erase=_drop_invoices,
            retention={"invoice": lambda _now, cutoff: _invoices_over(cutoff.date())},
        ),
        PersonalData(
            model=Payment,
            about=lambda user: Q(by=user),
            export=("order__buyer_name", "method", "amount_cents", "created_at"),
            erase=_forget_who_scanned,
        ),
        PersonalData(
            model=BankStatement,
            about=lambda user: Q(by=user),
            export=("name", "imported_at"),
            erase=_forget_who_scanned,
        ),
        PersonalData(
            model=BankLine,
            about=lambda user: Q(payment__order__email=fold_email(user.email)),
            export=("booked_on", "amount_cents", "label", "payer"),
            erasable=lambda rows: rows.filter(
                booked_on__lt=timezone.localdate() - INVOICES_KEPT
            ),
            erase=_forget_payer,
            retention={
                "invoice": lambda _now, cutoff: Q(booked_on__lt=cutoff.date())
                & ~Q(label="", payer="")
            },
        ),
    )  # fmt: skip


def register_own_data() -> None:
    """Register the registrations."""
    _register_money()
    register(
        PersonalData(
            model=Registration,
            about=lambda user: Q(email=fold_email(user.email), forgotten_at=None),
            export=(
                "session__title", "session__starts_at", "status", "seats", "full_name", "email",
                "company_name", "siret", "registered_at", "taken_at", "confirmed_at", "ended_at",
                "end_reason",
            ),
            erase=_forget,
            retention={
                "unconfirmed_registration": lambda _now, cutoff: Q(
                    end_reason=EndReason.HOLD, ended_at__lt=cutoff, forgotten_at=None
                ),
                "registration": lambda _now, cutoff: Q(
                    session__ends_at__lt=cutoff, forgotten_at=None
                ),
            },
        ),
        PersonalData(
            model=Scan,
            about=lambda user: Q(by=user),
            export=("session__title", "outcome", "scanned_at"),
            erase=_forget_who_scanned,
        ),
    )  # fmt: skip
