"""What BODACC says of the companies of the charter, brought into the ledgers of trust.

An answer holds 30 days (`gate` of the formula): while BODACC is out of reach the last one stands,
then the index is not shown. Nothing is concluded from notices that cannot be read: staff does it.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.translation import gettext as _

from directory.enums import InsolvencyState, TrustSource
from directory.models import Adhesion, InsolvencyCheck, Provider, TrustEvent, TrustFile
from directory.models.insolvency import ASKED_AGAIN, LONGEST_NOTICE
from directory.services import trust
from directory.trust.events import Kind, voids_in_force
from emn.lib.errors import DomainError
from emn.territory import bodacc

A_RUN = 100  # companies; a run each hour
FAILURES_IN_A_ROW = 3  # then BODACC is out of reach: the next run asks again
ANSWER_HOLDS = timedelta(days=30)


class InsolvencyRefused(DomainError):
    """The check cannot be noted so."""


def check_due(*, now: datetime) -> int:
    """Ask about the companies whose turn has come; return how many answered. Nothing when off."""
    if not bodacc.is_on():
        return 0
    answered = failures = 0
    for siren in due_companies(now=now):
        try:
            notices = bodacc.ask(siren)
        except bodacc.BodaccUnavailable:
            _note_failure(siren=siren, now=now)
            failures += 1
            if failures == FAILURES_IN_A_ROW:
                break
            continue
        failures = 0
        answered += 1
        note_answer(siren=siren, notices=notices, on=timezone.localdate(now), now=now)
    return answered


@transaction.atomic(durable=True)
def _note_failure(*, siren: str, now: datetime) -> None:
    """Let the others have their turn first; what was last known stands."""
    check = _held(siren)
    check.failed_at = now
    check.save(update_fields=["failed_at"])


def due_companies(*, now: datetime, most: int = A_RUN) -> list[str]:
    """Return the SIREN of those in force that have no answer of this week, the oldest first."""
    known = InsolvencyCheck.objects.filter(siren=OuterRef("siren"))
    rows = Adhesion.objects.in_force(on=timezone.localdate(now)).filter(company__is_demo=False)
    due = rows.exclude(Exists(known.fresh(now=now))).annotate(
        tried_at=known.values(at=Greatest("answered_at", "failed_at"))[:1]
    )
    by_turn = due.order_by(F("tried_at").asc(nulls_first=True), "siren")
    return list(dict.fromkeys(by_turn.values_list("siren", flat=True)))[:most]


@transaction.atomic(durable=True)
def note_answer(
    *, siren: str, notices: Iterable[bodacc.Notice], on: date, now: datetime
) -> InsolvencyState:
    """Write what the notices of a company come to, and return it; unsure ones change no ledger."""
    return _note(siren, notices, on=on, now=now)


def _note(
    siren: str, notices: Iterable[bodacc.Notice], *, on: date, now: datetime
) -> InsolvencyState:
    own = [row for row in notices if siren in row.sirens]
    procedure, notice = bodacc.standing(own)
    newest = max(own, key=lambda row: (row.on, row.id), default=None)
    check = _held(siren)
    check.newest = "" if newest is None else newest.id
    if not check.newest or check.newest != check.seen_newest:  # else an agent has read them all
        check.state, check.seen_by_id = InsolvencyState(procedure), None
        check.notice = "" if notice is None else str(notice)[:LONGEST_NOTICE]
    _write(check, on=on, now=now)
    return InsolvencyState(check.state)


@transaction.atomic(durable=True)
def record_seen(
    *, siren: str, state: InsolvencyState, notice: str, on: date, by_id: int, now: datetime
) -> None:
    """Write what an agent saw at bodacc.fr on a day.

    Raises InsolvencyRefused (a day to come, or too old; an earlier day than the last answer; the
    company does not adhere; not a state that one can see).
    """
    today = timezone.localdate(now)
    if state == InsolvencyState.UNSURE:
        raise InsolvencyRefused(_("Dites ce que vous avez vu : ouverte, en liquidation ou aucune."))
    if not today - ANSWER_HOLDS <= on <= today:
        raise InsolvencyRefused(_("La vérification date de 30 jours au plus, et pas de demain."))
    if not Adhesion.objects.standing().filter(siren=siren).exists():
        raise InsolvencyRefused(_("Cette entreprise n’a pas d’adhésion en vigueur."))
    check = _held(siren)
    if check.answered_at is not None and timezone.localdate(check.answered_at) > on:
        raise InsolvencyRefused(_("Une vérification plus récente est déjà notée."))
    check.state, check.notice, check.seen_by_id = state, notice[:LONGEST_NOTICE], by_id
    check.seen_newest = check.newest
    _write(check, on=on, now=now)


def note_file(
    notices: Mapping[str, list[bodacc.Notice]], *, on: date, write: bool, now: datetime
) -> dict[str, InsolvencyState]:
    """Write what a whole file of notices, taken on a day, says of every company of the charter.

    `notices`: SIREN → its notices. A company that the file does not name has none. All or
    nothing; without `write`, nothing. Returns SIREN → state.
    """
    with transaction.atomic(durable=True):
        rows = Adhesion.objects.in_force(on=timezone.localdate(now)).filter(company__is_demo=False)
        sirens = sorted(set(rows.values_list("siren", flat=True)))
        found = {siren: _note(siren, notices.get(siren, ()), on=on, now=now) for siren in sirens}
        transaction.set_rollback(not write)
        return found


def follow_card(card: Provider, *, now: datetime) -> None:
    """Tell the ledger of a card that was just published the company's last answer."""
    check = InsolvencyCheck.objects.filter(siren=card.company.siren).first()
    if check is not None and check.answered_at is not None:
        on = timezone.localdate(check.answered_at)
        _record(card.pk, InsolvencyState(check.state), on=on, now=now)


def _held(siren: str) -> InsolvencyCheck:
    """Return the company's row, locked."""
    InsolvencyCheck.objects.bulk_create([InsolvencyCheck(siren=siren)], ignore_conflicts=True)
    return InsolvencyCheck.objects.select_for_update(of=("self",)).get(siren=siren)


def _write(check: InsolvencyCheck, *, on: date, now: datetime) -> None:
    """Write the row, and a fact in the ledger of each public card; an inner step."""
    noon = timezone.make_aware(datetime.combine(on, time(12)))
    check.answered_at = now if on == timezone.localdate(now) else noon
    check.save()
    cards = Provider.objects.filter(
        company__siret__startswith=check.siren, published_at__isnull=False
    )
    for provider_id in cards.order_by("pk").values_list("pk", flat=True):
        _record(provider_id, InsolvencyState(check.state), on=on, now=now)


def _record(provider_id: int, state: InsolvencyState, *, on: date, now: datetime) -> None:
    """Add a fact when the ledger does not say it yet, or said it a week ago."""
    if state == InsolvencyState.UNSURE:
        return
    payload = {
        "open": state != InsolvencyState.NONE,
        "liquidation": state == InsolvencyState.LIQUIDATION,
    }
    file = trust.open_file(provider_id, now=now)
    last = _last_said(file)
    key = f"bodacc:{on.isoformat()}:{state}"
    if last is not None:
        if last.effective_on > on:
            return
        if last.payload == payload and on < last.effective_on + ASKED_AGAIN:
            return
        if last.effective_on == on:  # read again: of the facts of one day the worst would stand
            trust.void(last, reason="bodacc", source=TrustSource.BODACC, now=now)
            key = f"{key}:{last.pk}"
    trust.record(
        provider_id=provider_id,
        kind=Kind.INSOLVENCY,
        effective_on=on,
        payload=payload,
        source=TrustSource.BODACC,
        key=key,
        now=now,
    )


def _last_said(file: TrustFile) -> TrustEvent | None:
    """Return the last fact of the ledger on this, of those that nobody has voided."""
    undone = voids_in_force(trust.voids_of(file))
    rows = file.events.filter(kind=Kind.INSOLVENCY).exclude(pk__in=list(undone))
    return rows.order_by("-effective_on", "-pk").first()
