"""Enrolling in a training: seats held, an order opened, an agreement signed, or all given back.

Whoever types addresses holds seats two hours; the mailbox of the buyer then keeps them for the time
of signing (seven days at most, written on the row). The agreement is made only when nothing that
the law asks is empty (R4.02). The answer given to the page says nothing of any address.
"""

import hashlib
import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from directory.models import Company
from emn.lib.errors import DomainError
from events import clock_rules, drawings, half_days, training_papers, training_rules
from events.enums import (
    BuyerKind,
    EndReason,
    EnrolmentEnd,
    Funding,
    OrderStatus,
    ProductKind,
    RegistrationStatus,
)
from events.models import (
    CapacityPool,
    Enrolment,
    Order,
    Registration,
    Session,
    Signature,
    Trainee,
    TrainingSession,
)
from events.models.orders import ENDED
from events.models.registrations import ACTIVE
from events.money import withdrawal
from events.services import invoices, orders, payments, seats, training_documents
from events.services.attendance import minutes_signed
from events.services.orders import Buyer, NewLine
from events.services.registrations import end, fold_email
from events.services.seats import RegistrationRefused
from events.services.training_links import tell_buyer, tell_trainee
from events.training_papers import Paper

MOST_TRAINEES = 12


class EnrolmentRefused(DomainError):
    """The enrolment cannot be opened, signed or ended so."""


def text_changed() -> EnrolmentRefused:
    """Return how a signature is refused when the text is not the one that was read."""
    return EnrolmentRefused(
        _("Le document a changé depuis que vous l’avez lu. Relisez-le ci-dessous, puis signez.")
    )


@dataclass(frozen=True, kw_only=True)
class NewTrainee:
    """Somebody who will come."""

    full_name: str
    email: str
    kind: str


@transaction.atomic(durable=True)
def enrol(
    *,
    training_session_id: int,
    buyer: Buyer,
    funding: Funding,
    trainees: Sequence[NewTrainee],
    language: str,
    now: datetime,
    pool_id: int | None = None,
) -> None:
    """Hold the seats, open the order, and write to the buyer's mailbox, which must say yes.

    When one of the trainees is registered already, nothing is taken, and only the mailbox is told:
    the page answers the same.

    Raises EnrolmentRefused, RegistrationRefused (closed, full), OrderRefused or TryAgain.
    """
    own = _own(training_session_id)
    _check(own, buyer, trainees)
    session, pools = seats.lock(own.session_id)
    seats_of = _open_pool(session, pools, pool_id, len(trainees), now=now)
    mailboxes = [fold_email(trainee.email) for trainee in trainees]
    order = orders.open_step(
        buyer=buyer, lines=_lines(own, len(trainees)), language=language, now=now,
        **_service_dates(session),
        company_id=_company_id(buyer),
    )  # fmt: skip
    enrolment = Enrolment.objects.create(
        training_session=own, order=order, funding=funding, created_at=now, informed_at=now,
        expires_at=clock_rules.hold_ends(session.starts_at, now=now),
    )  # fmt: skip
    if session.registrations.filter(email__in=mailboxes, status__in=ACTIVE).exists():
        _end(enrolment, EnrolmentEnd.CANCELLED, now=now)
        tell_buyer(enrolment, "already", now=now, unsolicited=True)
        return
    rows = [
        Registration.objects.create(
            session=session,
            pool=seats_of,
            status=RegistrationStatus.HELD,
            full_name=trainee.full_name.strip(),
            email=mailbox,
            language=language,
            company_name="" if buyer.kind == BuyerKind.INDIVIDUAL else buyer.name,
            siret=buyer.siret,
            company_id=order.company_id,
            ticket=secrets.token_urlsafe(16),
            registered_at=now,
            expires_at=enrolment.expires_at,
            told_sequence=session.sequence,
        )
        for trainee, mailbox in zip(trainees, mailboxes, strict=True)
    ]
    order.registrations.set(rows)
    Trainee.objects.bulk_create(
        Trainee(registration=row, enrolment=enrolment, kind=trainee.kind)
        for row, trainee in zip(rows, trainees, strict=True)
    )
    seats.promote(session, [seats_of], now=now)
    tell_buyer(enrolment, "opened", now=now, unsolicited=True)


@transaction.atomic(durable=True)
def keep_seats(*, enrolment_id: int, now: datetime) -> Enrolment:
    """Keep the seats for the time of signing: the mailbox said yes. Twice is once.

    Raises EnrolmentRefused (the two hours are over) or TryAgain.
    """
    enrolment, _pools, rows = _locked(enrolment_id)
    if enrolment.confirmed_at is not None or enrolment.is_signed:
        return enrolment
    _require_held(enrolment, rows)
    session = enrolment.training_session.session
    enrolment.confirmed_at = now
    enrolment.expires_at = training_rules.signature_ends(session.starts_at, now=now)
    enrolment.save(update_fields=["confirmed_at", "expires_at"])
    Registration.objects.filter(pk__in=[row.pk for row in rows]).update(
        expires_at=enrolment.expires_at
    )
    return enrolment


@transaction.atomic(durable=True)
def sign(
    *,
    enrolment_id: int,
    signatory_name: str,
    signatory_role: str,
    drawing: str,
    origin: str,
    text_sha256: str,
    now: datetime,
    asks_early_start: bool = False,
    at_a_distance: bool = True,
) -> Enrolment:
    """Sign the agreement: the seats are taken, the order accepted, the trainees told. Once.

    `text_sha256`: of the proposal that was read. `asks_early_start`: an individual asked for it in
    the words of the proposal. Raises EnrolmentRefused (too late, a mandatory item is empty: they
    are named, the text changed, no name, starts before the end of the withdrawal) or TryAgain.
    """
    enrolment, _pools, rows = _locked(enrolment_id)
    if enrolment.is_signed:
        return enrolment
    _require_held(enrolment, rows)
    if not signatory_name.strip():
        raise EnrolmentRefused(_("Écrivez votre nom : il vaut signature."))
    if drawing and not drawings.is_drawing(drawing):
        raise EnrolmentRefused(_("Ce tracé n’est pas lisible : signez encore, ou sans tracé."))
    trainees = trainees_of(enrolment)
    proposed = proposal_of(enrolment, trainees, now=now, at_a_distance=at_a_distance)
    if proposed.missing:
        with override(training_papers.LANGUAGE):
            raise EnrolmentRefused(
                _("Il manque au document : %(items)s. Le centre est prévenu ; rien n’est perdu.")
                % {"items": ", ".join(proposed.missing)}
            )
    if proposed.sha256 != text_sha256:
        raise text_changed()
    if proposed.early_request and not asks_early_start:
        raise EnrolmentRefused(
            _(
                "La formation commence avant la fin du délai de rétractation : demandez-le "
                "expressément."
            )
        )
    enrolment.signature_sha256 = proposed.sha256
    enrolment.early_request = proposed.early_request
    enrolment.signed_at, enrolment.expires_at = now, None
    enrolment.signed_at_a_distance = at_a_distance
    enrolment.signatory_name = signatory_name.strip()
    enrolment.signatory_role = signatory_role.strip()
    enrolment.drawing, enrolment.origin = drawing, origin
    enrolment.confirmed_at = enrolment.confirmed_at or now
    enrolment.save()
    # Signed is said: no clock of the agenda asks again, nor gives the seat to others.
    Registration.objects.filter(pk__in=[row.pk for row in rows]).update(
        status=RegistrationStatus.CONFIRMED, expires_at=None, taken_at=now, confirmed_at=now
    )
    orders.accept_step(order_id=enrolment.order_id, accepted_by=enrolment.signatory_name, now=now)
    if enrolment.is_individual:
        session = enrolment.training_session.session
        orders.note_contract_step(
            order_id=enrolment.order_id,
            signed_on=now.astimezone(session.clock).date(),
            at_a_distance=at_a_distance,
            now=now,
        )
    with override(training_papers.LANGUAGE):
        paper = training_papers.signed_agreement(proposed.paper, enrolment)
    training_documents.issue(
        enrolment.training_session, enrolment.agreement_kind, paper, enrolment=enrolment, now=now
    )
    for trainee in trainees_of(enrolment):
        tell_trainee(trainee, "welcome", now=now)
    return enrolment


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """The agreement as it would be signed now.

    `missing`: which items of R4.02 are empty, in words. `early_request`: the words with which an
    individual asks for a start before the end of the withdrawal; empty when there is time enough.
    """

    paper: Paper
    missing: Sequence[str]
    early_request: str

    @property
    def sha256(self) -> str:
        """The SHA-256 of the text that is signed."""
        text = json.dumps(asdict(self.paper), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


def proposal_of(
    enrolment: Enrolment, trainees: Sequence[Trainee], *, now: datetime, at_a_distance: bool = True
) -> Proposal:
    """Return the agreement as it would be signed now."""
    session, last_day = enrolment.training_session.session, None
    if enrolment.is_individual:
        today = now.astimezone(session.clock).date()
        last_day = withdrawal.last_day_to_withdraw(today, at_a_distance=at_a_distance)
        if session.local_start.date() > last_day:
            last_day = None
    with override(training_papers.LANGUAGE):
        paper = training_papers.agreement(enrolment, trainees, last_day=last_day)
        missing = training_papers.missing_in_agreement(enrolment, trainees)
    asked = training_papers.early_request(last_day) if last_day is not None else ""
    return Proposal(paper=paper, missing=missing, early_request=asked)


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
    enrolment, pools, _rows = _locked(enrolment_id)
    if enrolment.ended_at is not None:
        return enrolment
    ending = ending_of(enrolment, now=now)
    if ending is None:
        raise EnrolmentRefused(
            _("Le délai est passé. Écrivez au centre : un cas de force majeure se traite avec lui.")
        )
    _require_agreed(ending, agreed_cents)
    _end(enrolment, ending.reason, owed_cents=ending.attended_cents, now=now)
    seats.promote(enrolment.training_session.session, pools.values(), now=now)
    if ending.forfeit_cents:
        forfeit = orders.open_step(
            buyer=buyer_of(enrolment.order),
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
            **_service_dates(enrolment.training_session.session),
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
    enrolment, pools, _rows = _locked(enrolment_id)
    if enrolment.ended_at is not None:
        return enrolment
    breaking = breaking_of(enrolment)
    if breaking is None or enrolment.training_session.closed_at is not None:
        raise EnrolmentRefused(_("Seul un dossier signé, d’une session ouverte, se rompt."))
    if not why.strip():
        raise EnrolmentRefused(_("Dites ce qui est arrivé : le dossier le garde."))
    _require_agreed(breaking, agreed_cents)
    enrolment.end_note = why.strip()
    _end(enrolment, breaking.reason, owed_cents=breaking.attended_cents, now=now)
    seats.promote(enrolment.training_session.session, pools.values(), now=now)
    tell_buyer(enrolment, "ended", now=now, attended_cents=breaking.attended_cents)
    return enrolment


@transaction.atomic(durable=True)
def end_out_of_time(*, enrolment_id: int, now: datetime) -> int:
    """End an enrolment that nobody confirmed or signed in time; return 1 when it was so."""
    enrolment, pools, _rows = _locked(enrolment_id)
    if enrolment.expires_at is None or enrolment.expires_at > now:
        return 0
    was_confirmed = enrolment.confirmed_at is not None
    _end(enrolment, EnrolmentEnd.EXPIRED, now=now)
    seats.promote(enrolment.training_session.session, pools.values(), now=now)
    if was_confirmed:
        tell_buyer(enrolment, "expired", now=now)
    return 1


@transaction.atomic(durable=True)
def end_with_session(*, enrolment_id: int, now: datetime) -> int:
    """End the enrolment of a session that was called off; its order with it. Twice is once."""
    enrolment, _pools, _rows = _locked(enrolment_id)
    if enrolment.ended_at is not None or not enrolment.training_session.session.is_cancelled:
        return 0
    was_confirmed = enrolment.confirmed_at is not None
    _end(enrolment, EnrolmentEnd.SESSION, now=now)
    if was_confirmed:
        tell_buyer(enrolment, "session_cancelled", now=now)
    return 1


# --- Steps ---


def trainees_of(enrolment: Enrolment) -> list[Trainee]:
    """Return the trainees of an enrolment, in the order they were named."""
    rows = enrolment.trainees.select_related(
        "registration", "enrolment__order", "enrolment__training_session__session__room",
        "enrolment__training_session__training",
    )  # fmt: skip
    return list(rows.order_by("pk"))


def buyer_of(order: Order) -> Buyer:
    """Return the buyer of an order, for another order."""
    return Buyer(
        kind=BuyerKind(order.buyer_kind), name=order.buyer_name, street=order.buyer_street,
        postcode=order.buyer_postcode, city=order.buyer_city, country=order.buyer_country,
        siret=order.buyer_siret, vat_id=order.buyer_vat_id, contact_name=order.contact_name,
        email=order.email, purchase_order=order.purchase_order, service_code=order.service_code,
    )  # fmt: skip


def follow_dates(own: TrainingSession) -> None:
    """Bring the orders of a session that was moved to its dates; call it in a transaction.

    What may be asked of an individual, and when, follows from them (R4.04).
    """
    going = Order.objects.filter(enrolment__in=own.enrolments.going()).exclude(status__in=ENDED)
    for order in going.select_for_update(of=("self",)).order_by("pk"):
        for name, value in _service_dates(own.session).items():
            setattr(order, name, value)
        order.save(update_fields=["service_from", "service_until"])
        with override(order.language):
            order.lines.filter(kind=ProductKind.TRAINING).update(label=_label(own))


def _require_agreed(ending: Ending, agreed_cents: int) -> None:
    if ending.owed_cents != agreed_cents:
        raise EnrolmentRefused(
            _("Ce qui serait dû a changé : lisez le nouveau montant, puis confirmez.")
        )


def _own(training_session_id: int) -> TrainingSession:
    rows = TrainingSession.objects.select_related("session__room", "training__product")
    return rows.get(pk=training_session_id)


def _check(own: TrainingSession, buyer: Buyer, trainees: Sequence[NewTrainee]) -> None:
    if own.closed_at is not None or own.training.product is None:
        raise EnrolmentRefused(_("Cette session ne prend pas d’inscription."))
    if training_papers.missing_before_registration(own.training):
        raise EnrolmentRefused(
            _("La fiche de cette formation n’est pas complète : l’inscription ouvrira ensuite.")
        )
    if not 1 <= len(trainees) <= MOST_TRAINEES:
        raise EnrolmentRefused(
            _("Un dossier compte de 1 à %(count)s stagiaires.") % {"count": MOST_TRAINEES}
        )
    if len({fold_email(trainee.email) for trainee in trainees}) < len(trainees):
        raise EnrolmentRefused(
            _("Chaque stagiaire a son propre courriel : c’est par lui qu’il signe.")
        )
    if buyer.kind == BuyerKind.INDIVIDUAL and len(trainees) != 1:
        raise EnrolmentRefused(_("Une personne qui paie elle-même s’inscrit seule."))


def _open_pool(
    session: Session,
    pools: dict[int, CapacityPool],
    asked: int | None,
    people: int,
    *,
    now: datetime,
) -> CapacityPool:
    if not pools or not session.takes_registrations(now=now):
        raise RegistrationRefused(_("Les inscriptions à cette session sont fermées."))
    pool = seats.pool_of(pools, asked)
    taken = seats.count(pool)
    left = max(pool.seats - taken.seated, 0)
    if people > left or taken.in_line:
        raise RegistrationRefused(
            _("Il n’y a plus assez de places à cette session : il en reste %(left)s.")
            % {"left": 0 if taken.in_line else left}
        )
    return pool


def _lines(own: TrainingSession, people: int) -> list[NewLine]:
    assert own.training.product_id is not None
    return [
        NewLine(
            product_id=own.training.product_id, label=_label(own), quantity=Decimal(people)
        )
    ]  # fmt: skip


def _label(own: TrainingSession) -> str:
    return f"{own.training.title}, {own.session.local_start:%d/%m/%Y}"


def _service_dates(session: Session) -> dict[str, Any]:
    first, last = session.local_start.date(), session.local_end.date()
    return {"service_from": first, "service_until": last}


def _company_id(buyer: Buyer) -> int | None:
    if not buyer.siret:
        return None
    return Company.objects.filter(siret=buyer.siret).values_list("pk", flat=True).first()


def _locked(
    enrolment_id: int,
) -> tuple[Enrolment, dict[int, CapacityPool], list[Registration]]:
    """Hold the seats of the session, then read the enrolment as it is now."""
    rows = Enrolment.objects.filter(forgotten_at=None)
    session_id = rows.values_list("training_session__session", flat=True).get(pk=enrolment_id)
    _session, pools = seats.lock(session_id)
    found = rows.select_related(
        "order", "training_session__session__room", "training_session__training"
    ).get(pk=enrolment_id)
    held = Registration.objects.filter(trainee__enrolment=found).order_by("pk")
    return found, pools, list(held)


def _require_held(enrolment: Enrolment, rows: Iterable[Registration]) -> None:
    held = [row.status == RegistrationStatus.HELD for row in rows]
    if enrolment.ended_at is not None or not held or not all(held):
        raise EnrolmentRefused(
            _("Les places n’étaient plus gardées : inscrivez-vous à nouveau, s’il en reste.")
        )


def _end(enrolment: Enrolment, reason: EnrolmentEnd, *, now: datetime, owed_cents: int = 0) -> None:
    """End the enrolment, its registrations and its order; call it under the lock of the seats.

    What was invoiced is credited. `owed_cents`: what the order stays open for, before tax.
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


def _owe_attended(enrolment: Enrolment, order: Order, *, now: datetime) -> None:
    own = enrolment.training_session
    with override(order.language):
        label = _("%(training)s : heures suivies, au prorata") % {"training": _label(own)}
    line = NewLine(
        kind=ProductKind.TRAINING, label=label, unit_price_cents=enrolment.owed_cents
    )  # fmt: skip
    orders.rewrite_lines(order, [line], now=now)
    today = now.astimezone(own.session.clock).date()
    if order.service_from is not None and order.service_until is not None:
        order.service_until = min(max(today, order.service_from), order.service_until)
        order.save(update_fields=["service_until"])
