"""Ending an enrolment: given back, withdrawn from, broken, out of time, or with its session.

What was invoiced is credited in the same transaction; what the hours attended are worth stays owed.
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from events import half_days, training_rules
from events.enums import BuyerKind, EndReason, EnrolmentEnd, OrderStatus, ProductKind
from events.models import Enrolment, Order, Registration, Signature
from events.models.registrations import ACTIVE
from events.money import withdrawal
from events.services import invoices, orders, payments, seats, training_documents
from events.services.attendance import minutes_signed
from events.services.enrolment_steps import EnrolmentRefused, locked, service_dates, training_label
from events.services.orders import Buyer, NewLine
from events.services.registrations import end
from events.services.training_links import tell_buyer


@dataclass(frozen=True, kw_only=True)
class Ending:
    """What ending an enrolment now would mean, before tax.

    `forfeit_cents`: the dédit owed (R4.05). `attended_cents`: what is owed for the hours attended.
    """

    reason: EnrolmentEnd
    forfeit_cents: int = 0
    attended_cents: int = 0

    @property
    def owed_cents(self) -> int:
        """All that would be owed: what is shown before, and charged after."""
        return self.forfeit_cents + self.attended_cents


def ending_of(enrolment: Enrolment, *, now: datetime) -> Ending | None:
    """Return what the buyer may do now: give back, withdraw, cancel; None for nothing."""
    session = enrolment.training_session.session
    if enrolment.ended_at is not None:
        return None
    if not enrolment.is_signed:
        return Ending(reason=EnrolmentEnd.CANCELLED)
    if enrolment.is_individual:
        return _withdrawal_of(enrolment, now=now)
    if session.starts_at <= now:
        return None
    if training_rules.is_free_to_cancel(session.starts_at, now=now, zone=session.clock):
        return Ending(reason=EnrolmentEnd.CANCELLED)
    total = orders.amounts_of(enrolment.order).net_cents
    owed = total * training_rules.FORFEIT_PERCENT // 100
    return Ending(reason=EnrolmentEnd.CANCELLED, forfeit_cents=owed)


def _withdrawal_of(enrolment: Enrolment, *, now: datetime) -> Ending | None:
    session = enrolment.training_session.session
    is_late = now.astimezone(session.clock).date() > last_day_to_withdraw(enrolment)
    # All of it was given, as was asked: nothing to withdraw from (C. conso L221-28, 1°).
    if is_late or (enrolment.early_request and session.ends_at <= now):
        return None
    owed = attended_cents(enrolment) if enrolment.early_request else 0
    return Ending(reason=EnrolmentEnd.WITHDRAWN, attended_cents=owed)


def breaking_of(enrolment: Enrolment) -> Ending | None:
    """Return what breaking a running contract would mean; None when none stands."""
    if not enrolment.is_signed:
        return None
    return Ending(reason=EnrolmentEnd.BROKEN, attended_cents=attended_cents(enrolment))


def attended_cents(enrolment: Enrolment) -> int:
    """Return what the half-days signed so far are worth, before tax, in proportion (L6353-7)."""
    planned = half_days.minutes(
        enrolment.training_session.half_days.values_list("starts_at", "ends_at")
    )
    rows = Signature.objects.filter(trainee__enrolment=enrolment).select_related("half_day")
    return training_rules.share_cents(
        orders.amounts_of(enrolment.order).net_cents,
        attended=minutes_signed(rows),
        planned=planned * enrolment.trainees.count(),
    )


def last_day_to_withdraw(enrolment: Enrolment) -> date:
    """Return the last day on which an individual may withdraw (R4.04)."""
    order = enrolment.order
    assert order.contract_signed_on is not None
    return withdrawal.last_day_to_withdraw(
        order.contract_signed_on, at_a_distance=order.is_distance_contract
    )


@transaction.atomic(durable=True)
def give_back(*, enrolment_id: int, agreed_cents: int, now: datetime) -> Enrolment:
    """End an enrolment at the buyer's word; the seats go to others. Twice is once.

    A company that cancels late gets an order of its own for the dédit, apart from any training.
    `agreed_cents`: what the page said that would be owed, before tax; nothing else is charged.
    Raises EnrolmentRefused (started, the withdrawal is over, another amount is due) or TryAgain.
    """
    enrolment, pools, _rows = locked(enrolment_id)
    if enrolment.ended_at is not None:
        return enrolment
    ending = ending_of(enrolment, now=now)
    if ending is None:
        raise EnrolmentRefused(
            _("Le délai est passé. Écrivez au centre : un cas de force majeure se traite avec lui.")
        )
    _require_agreed(ending, agreed_cents)
    end_enrolment(enrolment, ending.reason, owed_cents=ending.attended_cents, now=now)
    seats.promote(enrolment.training_session.session, pools.values(), now=now)
    if ending.forfeit_cents:
        forfeit = orders.open_step(
            buyer=_buyer_of(enrolment.order),
            lines=[
                NewLine(
                    kind=ProductKind.INDEMNITY,
                    label=_("Dédit pour annulation tardive, commande %(reference)s")
                    % {"reference": enrolment.order.reference},
                    unit_price_cents=ending.forfeit_cents,
                )
            ],
            language=enrolment.order.language,
            now=now,
            **service_dates(enrolment.training_session.session),
            company_id=enrolment.order.company_id,
        )
        orders.accept_step(order_id=forfeit.pk, accepted_by=enrolment.signatory_name, now=now)
    tell_buyer(
        enrolment, "ended", now=now, forfeit_cents=ending.forfeit_cents,
        attended_cents=ending.attended_cents,
    )  # fmt: skip
    return enrolment


@transaction.atomic(durable=True)
def break_off(*, enrolment_id: int, why: str, agreed_cents: int, now: datetime) -> Enrolment:
    """End a contract under way, as force majeure asks: the hours attended are owed (L6353-7).

    Its invoice is credited; its order stays, for the hours attended, to be invoiced. Twice is
    once. `agreed_cents`: what staff was shown. Raises EnrolmentRefused (not signed, no reason,
    another amount is due) or TryAgain.
    """
    enrolment, pools, _rows = locked(enrolment_id)
    if enrolment.ended_at is not None:
        return enrolment
    breaking = breaking_of(enrolment)
    if breaking is None or enrolment.training_session.closed_at is not None:
        raise EnrolmentRefused(_("Seul un dossier signé, d’une session ouverte, se rompt."))
    if not why.strip():
        raise EnrolmentRefused(_("Dites ce qui est arrivé : le dossier le garde."))
    _require_agreed(breaking, agreed_cents)
    enrolment.end_note = why.strip()
    end_enrolment(enrolment, breaking.reason, owed_cents=breaking.attended_cents, now=now)
    seats.promote(enrolment.training_session.session, pools.values(), now=now)
    tell_buyer(enrolment, "ended", now=now, attended_cents=breaking.attended_cents)
    return enrolment


@transaction.atomic(durable=True)
def end_out_of_time(*, enrolment_id: int, now: datetime) -> int:
    """End an enrolment that nobody confirmed or signed in time; return 1 when it was so."""
    enrolment, pools, _rows = locked(enrolment_id)
    if enrolment.expires_at is None or enrolment.expires_at > now:
        return 0
    was_confirmed = enrolment.confirmed_at is not None
    end_enrolment(enrolment, EnrolmentEnd.EXPIRED, now=now)
    seats.promote(enrolment.training_session.session, pools.values(), now=now)
    if was_confirmed:
        tell_buyer(enrolment, "expired", now=now)
    return 1


@transaction.atomic(durable=True)
def end_with_session(*, enrolment_id: int, now: datetime) -> int:
    """End the enrolment of a session that was called off; its order with it. Twice is once.

    Called off half-way, the hours attended stay owed, and no others (L6354-1).
    """
    enrolment, _pools, _rows = locked(enrolment_id)
    if enrolment.ended_at is not None or not enrolment.training_session.session.is_cancelled:
        return 0
    was_confirmed = enrolment.confirmed_at is not None
    owed = attended_cents(enrolment) if enrolment.is_signed else 0
    end_enrolment(enrolment, EnrolmentEnd.SESSION, owed_cents=owed, now=now)
    if was_confirmed:
        tell_buyer(enrolment, "session_cancelled", now=now, attended_cents=owed)
    return 1


# --- Steps ---


def _buyer_of(order: Order) -> Buyer:
    """Return the buyer of an order, for another order."""
    return Buyer(
        kind=BuyerKind(order.buyer_kind), name=order.buyer_name, street=order.buyer_street,
        postcode=order.buyer_postcode, city=order.buyer_city, country=order.buyer_country,
        siret=order.buyer_siret, vat_id=order.buyer_vat_id, contact_name=order.contact_name,
        email=order.email, purchase_order=order.purchase_order, service_code=order.service_code,
    )  # fmt: skip


def _require_agreed(ending: Ending, agreed_cents: int) -> None:
    if ending.owed_cents != agreed_cents:
        raise EnrolmentRefused(
            _("Ce qui serait dû a changé : lisez le nouveau montant, puis confirmez.")
        )


def end_enrolment(
    enrolment: Enrolment, reason: EnrolmentEnd, *, now: datetime, owed_cents: int = 0
) -> None:
    """End the enrolment, its registrations and its order; call it under the lock of the seats.

    What was invoiced is credited. `owed_cents`: what the order stays open for, before tax. What
    was followed is certified.
    """
    enrolment.ended_at, enrolment.end_reason, enrolment.expires_at = now, reason, None
    enrolment.owed_cents = owed_cents
    enrolment.save(update_fields=["ended_at", "end_reason", "end_note", "owed_cents", "expires_at"])
    ends = EndReason.HOLD if reason == EnrolmentEnd.EXPIRED else EndReason.PERSON
    for entry in Registration.objects.filter(trainee__enrolment=enrolment, status__in=ACTIVE):
        end(entry, ends, now=now)
    order = orders.locked(enrolment.order_id)
    said = str(EnrolmentEnd(reason).label)
    if order.status == OrderStatus.INVOICED:
        invoices.credit_left(order, reason=said, now=now, reopen=owed_cents > 0)
    if order.status in {OrderStatus.QUOTE, OrderStatus.ACCEPTED}:
        if owed_cents:
            _owe_attended(enrolment, order, now=now)
        else:
            orders.end(order, OrderStatus.CANCELLED, reason=said, now=now)
        payments.note_too_much(order)
    training_documents.issue_followed(enrolment, now=now)


def _owe_attended(enrolment: Enrolment, order: Order, *, now: datetime) -> None:
    own = enrolment.training_session
    with override(order.language):
        label = _("%(training)s : heures suivies, au prorata") % {"training": training_label(own)}
    line = NewLine(
        kind=ProductKind.TRAINING, label=label, unit_price_cents=enrolment.owed_cents
    )  # fmt: skip
    orders.rewrite_lines(order, [line], now=now)
    today = now.astimezone(own.session.clock).date()
    if order.service_from is not None and order.service_until is not None:
        order.service_until = min(max(today, order.service_from), order.service_until)
        order.save(update_fields=["service_until"])
