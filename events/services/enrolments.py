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
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from directory.models import Company
from events import clock_rules, drawings, training_papers, training_rules
from events.enums import (
    BuyerKind,
    EndReason,
    EnrolmentEnd,
    Funding,
    ProductKind,
    RegistrationStatus,
)
from events.models import (
    CapacityPool,
    Enrolment,
    Order,
    Registration,
    Session,
    Trainee,
    TrainingSession,
)
from events.models.orders import ENDED
from events.models.registrations import ACTIVE
from events.money import withdrawal
from events.services import orders, seats, training_documents
from events.services.enrolment_ends import end_enrolment
from events.services.enrolment_steps import EnrolmentRefused, locked, service_dates, training_label
from events.services.orders import Buyer, NewLine
from events.services.registrations import (
    SIREN_DIGITS,
    end,
    fold_email,
    refuse_beyond_company_limit,
)
from events.services.seats import RegistrationRefused
from events.services.training_links import tell_buyer, tell_trainee
from events.training_papers import Paper

MOST_TRAINEES = 12


class TooFewSeats(RegistrationRefused):
    """There are not so many free seats: what is left is the line."""


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
    offer_id: int | None = None,
) -> None:
    """Hold the seats, open the order, and write to the buyer's mailbox, which must say yes.

    `offer_id`: the registration to which the waiting list offered these seats; it ends here, and
    they wait no less than it did. Its link proved its mailbox: when that is the buyer's, there is
    nothing to confirm. When one of the trainees is registered already, nothing is taken, and only
    the mailbox is told: the page answers the same.

    Raises EnrolmentRefused, RegistrationRefused (closed, too many of one company), TooFewSeats,
    OrderRefused or TryAgain.
    """
    own = _own(training_session_id)
    _check(own, buyer, trainees)
    session, pools = seats.lock(own.session_id)
    offer = None if offer_id is None else _offer(session, offer_id, len(trainees), now=now)
    seats_of = (
        _open_pool(session, pools, pool_id, len(trainees), now=now)
        if offer is None
        else pools[offer.pool_id]
    )
    if buyer.kind != BuyerKind.INDIVIDUAL:
        there = _seats_offered_to(offer, buyer.siret)
        refuse_beyond_company_limit(session, buyer.siret, len(trainees) - there)
    confirmed_at, expires_at = _held_until(session, offer, buyer, now=now)
    mailboxes = [fold_email(trainee.email) for trainee in trainees]
    order = orders.open_step(
        buyer=buyer, lines=_lines(own, len(trainees)), language=language, now=now,
        **service_dates(session),
        company_id=_company_id(buyer),
    )  # fmt: skip
    enrolment = Enrolment.objects.create(
        training_session=own, order=order, funding=funding, created_at=now, informed_at=now,
        confirmed_at=confirmed_at, expires_at=expires_at,
    )  # fmt: skip
    others = session.registrations.exclude(pk=offer_id or 0)
    if others.filter(email__in=mailboxes, status__in=ACTIVE).exists():
        end_enrolment(enrolment, EnrolmentEnd.CANCELLED, now=now)
        tell_buyer(enrolment, "already", now=now, unsolicited=True)
        return
    if offer is not None:
        end(offer, EndReason.ENROLLED, now=now)
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
    tell_buyer(enrolment, "opened", now=now, unsolicited=offer is None)


@transaction.atomic(durable=True)
def keep_seats(*, enrolment_id: int, now: datetime) -> Enrolment:
    """Keep the seats for the time of signing: the mailbox said yes. Twice is once.

    Raises EnrolmentRefused (the two hours are over) or TryAgain.
    """
    enrolment, _pools, rows = locked(enrolment_id)
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
    enrolment, _pools, rows = locked(enrolment_id)
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


# --- Steps ---


def trainees_of(enrolment: Enrolment) -> list[Trainee]:
    """Return the trainees of an enrolment, in the order they were named."""
    rows = enrolment.trainees.select_related(
        "registration", "enrolment__order", "enrolment__training_session__session__room",
        "enrolment__training_session__training",
    )  # fmt: skip
    return list(rows.order_by("pk"))


def follow_dates(own: TrainingSession) -> None:
    """Bring the orders of a session that was moved to its dates; call it in a transaction.

    What may be asked of an individual, and when, follows from them (R4.04).
    """
    going = Order.objects.filter(enrolment__in=own.enrolments.going()).exclude(status__in=ENDED)
    for order in going.select_for_update(of=("self",)).order_by("pk"):
        for name, value in service_dates(own.session).items():
            setattr(order, name, value)
        order.save(update_fields=["service_from", "service_until"])
        with override(order.language):
            order.lines.filter(kind=ProductKind.TRAINING).update(label=training_label(own))


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
    # In the last hours nothing is offered: the seats are for whoever comes.
    is_offered = taken.in_line and clock_rules.may_offer(session.starts_at, now=now)
    left = 0 if is_offered else max(pool.seats - taken.seated, 0)
    if people > left:
        raise TooFewSeats(
            _("Il n’y a plus assez de places à cette session : il en reste %(left)s.")
            % {"left": left}
        )
    return pool


def _offer(session: Session, offer_id: int, people: int, *, now: datetime) -> Registration:
    """Return the offer of the waiting list that so many people may take, now."""
    rows = session.registrations.select_related("pool")
    entry = rows.get(pk=offer_id, forgotten_at=None)
    is_over = entry.expires_at is None or entry.expires_at <= now
    if entry.status != RegistrationStatus.OFFERED or is_over or not session.takes_place:
        raise RegistrationRefused(_("Cette place n’est plus gardée."))
    if people > entry.seats:
        raise RegistrationRefused(
            ngettext(
                "La liste d’attente vous garde une place, pas davantage.",
                "La liste d’attente vous garde %(count)s places, pas davantage.",
                entry.seats,
            )
            % {"count": entry.seats}
        )
    return entry


def _seats_offered_to(offer: Registration | None, siret: str) -> int:
    """Return how many seats of an offer the company's people are counted with already."""
    siren = siret[:SIREN_DIGITS]
    return offer.seats if offer is not None and siren and offer.siret.startswith(siren) else 0


def _held_until(
    session: Session, offer: Registration | None, buyer: Buyer, *, now: datetime
) -> tuple[datetime | None, datetime]:
    """Return when the buyer's mailbox said yes, if it did, and until when the seats wait."""
    hold_ends = clock_rules.hold_ends(session.starts_at, now=now)
    if offer is None or offer.expires_at is None:
        return None, hold_ends
    if fold_email(buyer.email) == offer.email:
        return now, training_rules.signature_ends(session.starts_at, now=now)
    return None, max(hold_ends, offer.expires_at)


def _lines(own: TrainingSession, people: int) -> list[NewLine]:
    assert own.training.product_id is not None
    return [
        NewLine(
            product_id=own.training.product_id, label=training_label(own), quantity=Decimal(people)
        )
    ]  # fmt: skip


def _company_id(buyer: Buyer) -> int | None:
    if not buyer.siret:
        return None
    return Company.objects.filter(siret=buyer.siret).values_list("pk", flat=True).first()


def _require_held(enrolment: Enrolment, rows: Iterable[Registration]) -> None:
    held = [row.status == RegistrationStatus.HELD for row in rows]
    if enrolment.ended_at is not None or not held or not all(held):
        raise EnrolmentRefused(
            _("Les places n’étaient plus gardées : inscrivez-vous à nouveau, s’il en reste.")
        )
