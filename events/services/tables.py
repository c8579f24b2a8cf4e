"""The tables before the evening: who takes part, who asks whom, who says yes."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from directory.models import Provider
from emn.lib.page_cache import touch
from events.enums import TableRequestStatus, TableSide
from events.models import Evening, Participant, Registration, TableRequest
from events.models.registrations import COMING
from events.models.rendezvous import MOST_SLOTS
from events.services.rendezvous import (
    RendezvousRefused,
    locked_evening,
    require_charter,
    seat_provider,
    tell_participant,
)

MOST_ASKED = 15  # requests a side sends in one evening: a table is asked for, not sprayed
AT_ONCE = 300


@transaction.atomic(durable=True)
def hold_table(*, evening_id: int, provider_id: int, user_id: int, now: datetime) -> Participant:
    """Let a provider with a charter in force hold a table of the evening. Twice is once.

    Raises Evening.DoesNotExist, Provider.DoesNotExist, CharterMissing or RendezvousRefused.
    """
    evening = locked_evening(evening_id)
    rows = Provider.objects.published().select_related("company")
    provider = rows.filter(company__memberships__user=user_id).distinct().get(pk=provider_id)
    require_charter(provider, now=now)
    if not evening.session.takes_place or now >= evening.requests_close_at:
        raise RendezvousRefused(_("Les tables de cette soirée sont closes."))
    place = seat_provider(evening, provider, now=now)
    touch()
    return place


def due_invitations(*, now: datetime) -> list[int]:
    """Return the registrants to tell that tables may be asked for."""
    evenings = [
        evening.pk
        for evening in Evening.objects.shown().upcoming(now=now).select_related("session")
        if evening.takes_requests(now=now)
    ]
    rows = Registration.objects.filter(
        session__evening__in=evenings, status__in=COMING, table_place=None, forgotten_at=None
    )
    return list(rows.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])


@transaction.atomic(durable=True)
def invite(registration_id: int, now: datetime) -> int:
    """Give a registrant a place at the tables, and write its link to them; 0 when it was done."""
    rows = Registration.objects.select_for_update(of=("self",), skip_locked=True)
    entry = (
        rows.select_related("session__evening")
        .filter(pk=registration_id, status__in=COMING, forgotten_at=None)
        .first()
    )
    if entry is None or Participant.objects.filter(registration=entry).exists():
        return 0
    evening = entry.session.evening
    place = Participant.objects.create(
        evening=evening, side=TableSide.COMPANY, registration=entry, joined_at=now
    )
    tell_participant(place, "tables_open", now=now, stamp="")
    return 1


@transaction.atomic(durable=True)
def set_wishes(
    *, participant_id: int, is_shown: bool, absent_slots: list[int], now: datetime
) -> Participant:
    """Say whether the other side may read the company's name, and when one cannot sit."""
    evening, me = _locked(participant_id)
    if now >= evening.requests_close_at:
        raise RendezvousRefused(_("Les demandes sont closes : l’horaire est en préparation."))
    me.is_shown = is_shown
    me.absent_slots = sorted({slot for slot in absent_slots if 0 <= slot < MOST_SLOTS})
    me.save(update_fields=["is_shown", "absent_slots"])
    return me


@transaction.atomic(durable=True)
def ask_for_table(*, participant_id: int, other_id: int, wish: int, now: datetime) -> TableRequest:
    """Ask somebody of the other side to meet. What the other had asked already is accepted.

    Raises Participant.DoesNotExist or RendezvousRefused (closed, hidden, too many, answered).
    """
    evening, me = _locked(participant_id)
    _require_open(evening, now=now)
    rows = Participant.objects.coming().filter(evening=evening).exclude(side=me.side)
    other = rows.select_related("registration", "provider", "evening__session").get(pk=other_id)
    if other.is_company and not other.is_shown:
        raise Participant.DoesNotExist
    company, provider = (me, other) if me.is_company else (other, me)
    known = TableRequest.objects.filter(company=company, provider=provider).first()
    if known is not None and known.status == TableRequestStatus.ASKED and known.asked_by != me.side:
        return _answer(known, me, accepted=True, now=now)
    if known is not None and known.status != TableRequestStatus.WITHDRAWN:
        raise RendezvousRefused(_("Cette table est déjà demandée, ou la demande a eu sa réponse."))
    _require_few(me, known, now=now)
    row = known or TableRequest(evening=evening, company=company, provider=provider)
    row.asked_by, row.wish, row.asked_at = me.side, wish, now
    row.status, row.answered_at = TableRequestStatus.ASKED, None
    row.save()
    tell_participant(
        other, "table_asked", now=now, stamp=_stamp(row, me, now=now), request=row, other=me
    )
    return row


@transaction.atomic(durable=True)
def answer_request(
    *, participant_id: int, request_id: int, accepted: bool, now: datetime
) -> TableRequest:
    """Accept or decline what the other side asked; the answer may change until the closing."""
    evening, me = _locked(participant_id)
    _require_open(evening, now=now)
    row = _own_request(me, request_id)
    if row.asked_by == me.side or row.status == TableRequestStatus.WITHDRAWN:
        raise TableRequest.DoesNotExist
    return _answer(row, me, accepted=accepted, now=now)


@transaction.atomic(durable=True)
def withdraw_request(*, participant_id: int, request_id: int, now: datetime) -> TableRequest:
    """Take back what one asked. Twice is once.

    Raises TableRequest.DoesNotExist or RendezvousRefused (closed; declined: an answer stays).
    """
    evening, me = _locked(participant_id)
    _require_open(evening, now=now)
    row = _own_request(me, request_id)
    if row.asked_by != me.side:
        raise TableRequest.DoesNotExist
    if row.status == TableRequestStatus.WITHDRAWN:
        return row
    if row.status == TableRequestStatus.DECLINED:
        raise RendezvousRefused(_("Cette demande a été déclinée : elle ne peut plus être retirée."))
    row.status = TableRequestStatus.WITHDRAWN
    row.save(update_fields=["status"])
    return row


def _answer(row: TableRequest, me: Participant, *, accepted: bool, now: datetime) -> TableRequest:
    wanted = TableRequestStatus.ACCEPTED if accepted else TableRequestStatus.DECLINED
    if row.status == wanted:
        return row
    row.status, row.answered_at = wanted, now
    row.save(update_fields=["status", "answered_at"])
    other = row.provider if me.is_company else row.company
    tell_participant(
        other, "table_answered", now=now, stamp=_stamp(row, me, now=now), request=row, other=me
    )
    return row


def _stamp(row: TableRequest, me: Participant, *, now: datetime) -> str:
    """Tell messages apart by pair, side, what is said, and day: to say it again writes no more."""
    return f"{row.pk}:{me.side}:{row.status}:{timezone.localdate(now)}"


def _require_few(me: Participant, known: TableRequest | None, *, now: datetime) -> None:
    """Refuse one request too many: of those that stand, and of those sent today, even withdrawn."""
    rows = TableRequest.objects.filter(evening=me.evening_id, asked_by=me.side)
    rows = rows.filter(company=me) if me.is_company else rows.filter(provider=me)
    over = (TableRequestStatus.WITHDRAWN, TableRequestStatus.DECLINED)
    if rows.exclude(status__in=over).count() >= MOST_ASKED:
        raise RendezvousRefused(
            _("Quinze demandes au plus : retirez-en une pour en faire une autre.")
        )
    today = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    if rows.filter(asked_at__gte=today).exclude(pk=known.pk if known else 0).count() >= MOST_ASKED:
        raise RendezvousRefused(
            _("Quinze demandes par jour au plus, même retirées : revenez demain.")
        )


def _own_request(me: Participant, request_id: int) -> TableRequest:
    rows = TableRequest.objects.select_related(
        "company__registration", "company__evening__session", "provider__provider",
        "provider__evening__session",
    )  # fmt: skip
    mine = rows.filter(company=me) if me.is_company else rows.filter(provider=me)
    return mine.get(pk=request_id)


def _require_open(evening: Evening, *, now: datetime) -> None:
    if not evening.takes_requests(now=now):
        raise RendezvousRefused(_("Les demandes de table ne sont pas, ou plus, ouvertes."))


def _locked(participant_id: int) -> tuple[Evening, Participant]:
    """Hold the evening: requests and answers of one evening follow one another."""
    evening_id = Participant.objects.values_list("evening", flat=True).get(pk=participant_id)
    evening = locked_evening(evening_id)
    rows = Participant.objects.coming().select_related(
        "registration", "provider", "evening__session"
    )
    return evening, rows.get(pk=participant_id)
