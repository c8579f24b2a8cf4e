"""Sending an envoi: audience frozen, batches claimed, one connection a run, at most one copy each.

A run is a task that takes batches until its time is over, then rings for the next. It holds a lock
named after itself: when it dies, PostgreSQL lets go of the lock, and what it had taken is known to
be in doubt. A doubt is never sent again (lessons 1.6: prefer missing one to doubling).
"""

import logging
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Case, Exists, F, OuterRef, Value, When
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from psycopg2.extras import execute_values

from emn.lib.commit import after_commit
from emn.lib.db import advisory_lock, session_lock, try_advisory_lock
from emn.lib.errors import DomainError
from emn.lib.page_cache import touch
from emn.mailings import composing, letters, preflight, segments, tasks
from emn.mailings.enums import CampaignStatus, DeliveryState, Skip
from emn.mailings.list_relays import NO_REPLY, Answer, Fate, Relay, RelayUnavailable, relay
from emn.mailings.models import Campaign, Delivery, Edition, Subscription, Suppression
from emn.mailings.services import allowances, progress, returns

logger = logging.getLogger(__name__)

BATCH = 100  # messages claimed at once: what one crash may leave in doubt
RUN_LASTS = 20  # seconds, then the next task goes on: no task outlives a broker's patience
SLOWEST_BATCH = 120  # seconds: what a slow relay did not take by then is given back
FIRST_RETRY, LONGEST_RETRY = timedelta(minutes=5), timedelta(hours=6)
AFTER_A_BREAK = timedelta(seconds=15)  # a connection that broke before the message was given
DOMAIN_WAITS = timedelta(seconds=1)
RELAY_WAITS_S = 0.2  # when the relay's allowance is used up
NOTICE_WAITS = timedelta(minutes=30)  # services.notices has its turn meanwhile
ELSEWHERE_WAITS = timedelta(seconds=10)  # another envoi is being given to the same person
_UNTOLD = "untold"  # no Skip: the notice of article 14 goes ahead (R2.10), then the letter
_ELSEWHERE, _DOMAIN_FULL = "elsewhere", "domain"  # no Skip either
_PUT_OFF = {_UNTOLD: NOTICE_WAITS, _ELSEWHERE: ELSEWHERE_WAITS, _DOMAIN_FULL: DOMAIN_WAITS}
MOST_ATTEMPTS = 10  # about a day: a greylisting or a full mailbox has its chance
WATCHED = 500  # messages: the stop rule counts on so many at least (R3.10)
MOST_HARD, MOST_COMPLAINTS = 0.02, 0.001
MOST_REFUSED = 0.1  # whatever the reason: servers that refuse so many refuse the sender


class NotStarted(DomainError):
    """The envoi cannot be sent."""


# --- Starting ---


@transaction.atomic(durable=True)
def start_campaign(*, campaign_id: int, now: datetime) -> int:
    """Freeze what an envoi says and who gets it, then let it go; return how many people.

    Raises NotStarted when it is not waiting for its hour, may not go as it is, or has nobody to go
    to.
    """
    campaign = Campaign.objects.select_for_update(of=("self",)).get(pk=campaign_id)
    if campaign.status != CampaignStatus.SCHEDULED:
        raise NotStarted(_("Cet envoi n’est pas programmé."))
    composing.freeze_editions(campaign, now=now)
    # What the blocks show has changed since it was scheduled: events, new cards.
    if wrong := preflight.problems_when_frozen(campaign, now=now):
        raise NotStarted(" ".join(wrong))
    campaign.audience = _freeze_audience(campaign, now=now)
    if not campaign.audience:
        raise NotStarted(_("Cet envoi n’a aucun destinataire."))
    campaign.status, campaign.started_at = CampaignStatus.SENDING, now
    campaign.save(update_fields=["audience", "status", "started_at"])
    touch()
    after_commit(partial(ring, campaign_id))
    return campaign.audience


def _freeze_audience(campaign: Campaign, *, now: datetime) -> int:
    """Write a row a person, in the order of their fingerprints: the domains are mixed."""
    query, values = (
        segments.readers(campaign)
        .order_by("subscriber__mailbox_hash")
        .values_list(
            "subscriber_id",
            "subscriber__mailbox_hash",
            "subscriber__email",
            "subscriber__language",
        )
        .query.sql_with_params()
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH frozen AS (
                    INSERT INTO mailings_delivery (campaign_id, subscriber_id, mailbox_hash, domain,
                        language, state, skip_reason, attempts, next_attempt_at, code)
                    SELECT %s, id, box, split_part(email, '@', 2), language, %s, '', 0, %s, ''
                    FROM ({query}) AS people (id, box, email, language)
                    ON CONFLICT (campaign_id, mailbox_hash) DO NOTHING
                    RETURNING language)
                SELECT language, count(*) FROM frozen GROUP BY language""",  # noqa: S608 -- Django's own
            [campaign.pk, DeliveryState.WAITING, now, *values],
        )
        readers = dict(cursor.fetchall())
    for edition in campaign.editions.order_by("pk"):
        edition.audience = readers.get(edition.language, 0)
        edition.save(update_fields=["audience"])
    return sum(readers.values())


def ring(campaign_id: int) -> None:
    """Call as many runs as the relay takes connections; one too many finds no place and leaves."""
    for _connection in range(settings.LIST_CONNECTIONS):
        tasks.run_campaign.apply_async(kwargs={"campaign_id": campaign_id}, retry=False)


# --- Running ---


def run_campaign(*, campaign_id: int) -> int:
    """Send batches over one connection until the time, the rows or the places are over.

    Returns how many messages were given to the relay.
    """
    with ExitStack() as stack:
        if not any(stack.enter_context(session_lock(name)) for name in _places()):
            return 0
        run = uuid.uuid4()
        stack.enter_context(session_lock(_run_lock(run)))
        try:
            given, is_over = _send_batches(campaign_id, run, stack)
        except RelayUnavailable as error:
            logger.warning("list relay unavailable: %s", error)
            Campaign.objects.filter(pk=campaign_id).update(relay_trouble=str(error)[:80])
            return 0  # the sweep rings again in a minute
    if not is_over:
        tasks.run_campaign.apply_async(kwargs={"campaign_id": campaign_id}, retry=False)
    return given


def _places() -> Iterable[str]:
    return (f"mailings.connection.{number}" for number in range(settings.LIST_CONNECTIONS))


def _run_lock(run: uuid.UUID) -> str:
    return f"mailings.run.{run}"


_IN_DOUBT = Answer(Fate.UNKNOWN, NO_REPLY)


@dataclass(frozen=True, slots=True)
class _Claimed:
    """A delivery that this run has taken, and the address of its person."""

    pk: int
    subscriber_id: int
    address: str
    language: str
    attempts: int


@dataclass(frozen=True, slots=True)
class _Batch:
    """What one claim found: `people` to write to; `last`, where the next one goes on.

    `is_held`: the relay is to be given no more just now.
    """

    people: list[_Claimed]
    last: tuple[datetime, int] | None
    is_held: bool = False


def _send_batches(campaign_id: int, run: uuid.UUID, stack: ExitStack) -> tuple[int, bool]:
    """Return how many messages were given, and whether there is nothing left to do for now."""
    ends = time.monotonic() + RUN_LASTS
    prepared: dict[str, letters.Letter] = {}
    connected: Relay | None = None
    given, last = 0, None
    campaign = Campaign.objects.select_related("list").get(pk=campaign_id)
    places = segments.kept_places(campaign, now=timezone.now())  # known for the seconds of a run
    while time.monotonic() < ends:
        batch = _claim(
            campaign_id=campaign_id, run=run, after=last, now=timezone.now(), places=places
        )
        if batch is None and last is None:
            _finish(campaign_id=campaign_id, now=timezone.now())
            return given, True
        last = batch.last if batch else None
        if batch is None:
            continue
        if not batch.people:
            if batch.is_held:
                time.sleep(RELAY_WAITS_S)
            continue
        prepared = prepared or _prepared(campaign_id)
        answers: dict[int, Answer] = {}
        try:
            connected = connected or stack.enter_context(relay())
            if not _give(batch.people, prepared, connected, answers):
                connected = None
            if not given:
                Campaign.objects.filter(pk=campaign_id).exclude(relay_trouble="").update(
                    relay_trouble=""
                )
        finally:
            _settle(campaign_id=campaign_id, run=run, people=batch.people, answers=answers)
        given += len(answers)
    return given, False


def _prepared(campaign_id: int) -> dict[str, letters.Letter]:
    editions = Edition.objects.filter(campaign=campaign_id).select_related("campaign__list")
    return {edition.language: letters.prepare(edition) for edition in editions.order_by("pk")}


def _give(
    people: Sequence[_Claimed],
    prepared: dict[str, letters.Letter],
    connected: Relay,
    answers: dict[int, Answer],
) -> bool:
    """Give the messages one by one; return whether the connection can still be used."""
    date, ends = timezone.now(), time.monotonic() + SLOWEST_BATCH
    for person in people:
        if time.monotonic() > ends:
            break
        reader = letters.Person(person.address, person.subscriber_id, person.pk)
        message = prepared[person.language].of(reader, date=date)
        answers[person.pk] = _IN_DOUBT  # should anything break from here on
        try:
            answer = connected.give(reader.return_path, person.address, message)
        except RelayUnavailable:
            del answers[person.pk]  # it took nothing
            raise
        answers[person.pk] = answer
        if answer.is_closing:
            return False
    return True


# --- Claiming ---


@transaction.atomic(durable=True)
def _claim(
    *,
    campaign_id: int,
    run: uuid.UUID,
    after: tuple[datetime, int] | None,
    now: datetime,
    places: segments.KeptPlaces | None = None,
) -> _Batch | None:
    """Take the next rows that are due; set aside those whose person is not to be written to now.

    Claims are made one at a time, so that two envois cannot both be a person's last one of the
    month. `after` spares what was taken already: PostgreSQL keeps it in the index for a while.
    """
    advisory_lock("mailings.claim")
    campaign = Campaign.objects.select_related("list").get(pk=campaign_id)
    if campaign.status != CampaignStatus.SENDING:
        return None
    due = Delivery.objects.due(now=now).filter(campaign=campaign).after(after)
    locked = list(
        due.order_by("next_attempt_at", "pk")
        .select_for_update(of=("self",), skip_locked=True)
        .values_list("pk", flat=True)[:BATCH]
    )
    # The reasons are asked of these rows alone: under a limit, PostgreSQL plans for all that wait.
    rows = (
        Delivery.objects.filter(pk__in=locked)
        .order_by("next_attempt_at", "pk")
        .annotate(reason=_reason(campaign, places, now=now))
        .values_list(
            "pk", "subscriber_id", "subscriber__email", "language", "attempts", "domain", "reason",
            "next_attempt_at", named=True,
        )
    )  # fmt: skip
    if not locked:
        return None
    by_domain = Counter(row.domain for row in rows if not row.reason)
    room = {
        domain: allowances.take(domain, rate=rate, wanted=by_domain[domain], now=now)
        for domain, rate in settings.LIST_DOMAIN_RATES.items()
        if by_domain[domain]
    }
    left = allowances.take(
        "relay",
        rate=settings.LIST_RATE,
        wanted=sum(min(count, room.get(domain, count)) for domain, count in by_domain.items()),
        now=now,
    )
    shares = _share(rows, room=room, left=left)
    taken = Delivery.objects.filter(pk__in=[person.pk for person in shares.people])
    taken.update(state=DeliveryState.SENDING, claim=run, claimed_at=now, attempts=F("attempts") + 1)
    for reason, pks in shares.skipped.items():
        Delivery.objects.filter(pk__in=pks).update(
            state=DeliveryState.SKIPPED, skip_reason=reason, settled_at=now
        )
    for reason, pks in shares.put_off.items():
        Delivery.objects.filter(pk__in=pks).update(next_attempt_at=now + _PUT_OFF[reason])
    progress.note(campaign_id, shares.outcomes, now=now)
    return _Batch(shares.people, shares.last or after, shares.is_held)


@dataclass
class _Shares:
    """What becomes of the rows that a claim locked; `last`: the last one that was looked at."""

    people: list[_Claimed] = field(default_factory=list)
    skipped: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    put_off: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    outcomes: Counter[progress.Outcome] = field(default_factory=Counter)
    last: tuple[datetime, int] | None = None
    is_held: bool = False


def _share(rows: Iterable[Any], *, room: Mapping[str, int], left: int) -> _Shares:
    """Share out rows: `room` messages for each limited domain, `left` for the relay."""
    shares, room = _Shares(), dict(room)
    for row in rows:
        if row.reason in _PUT_OFF:
            shares.put_off[row.reason].append(row.pk)
        elif row.reason:
            shares.skipped[row.reason].append(row.pk)
            shares.outcomes[row.language, row.reason] += 1
        elif room.get(row.domain, 1) <= 0:
            shares.put_off[_DOMAIN_FULL].append(row.pk)
        elif len(shares.people) == left:
            shares.is_held = True
            break
        else:
            if row.domain in room:
                room[row.domain] -= 1
            shares.people.append(
                _Claimed(
                    row.pk,
                    row.subscriber_id,
                    row.subscriber__email,
                    row.language,
                    row.attempts + 1,
                )
            )
        shares.last = (row.next_attempt_at, row.pk)
    return shares


def _reason(campaign: Campaign, places: segments.KeptPlaces | None, *, now: datetime) -> Case:
    """Say why a person is not to be written to, at this very moment (R3.10); empty: it is."""
    blocked = Suppression.objects.active().filter(mailbox_hash=OuterRef("mailbox_hash"))
    here = {"list": campaign.list_id, "subscriber": OuterRef("subscriber")}
    subscribed = Subscription.objects.confirmed().filter(**here)
    grounded = Subscription.objects.with_basis(topics=segments.topics_of(campaign)).filter(**here)
    untold = Subscription.objects.to_be_informed().filter(**here)
    tired = segments.tired_mailboxes(campaign.list.kind, now=now).filter(
        mailbox_hash=OuterRef("mailbox_hash")
    )
    kept = places and places.condition(mailbox="mailbox_hash", person="subscriber")
    elsewhere = Delivery.objects.in_flight().filter(mailbox_hash=OuterRef("mailbox_hash"))
    return Case(
        When(~Exists(subscribed), then=Value(Skip.UNSUBSCRIBED)),
        When(~Exists(grounded), then=Value(Skip.NO_GROUND)),
        When(Exists(blocked), then=Value(Skip.SUPPRESSED)),
        When(Exists(tired), then=Value(Skip.PRESSURE)),
        *([When(kept, then=Value(Skip.RESERVED))] if kept else []),
        When(Exists(elsewhere), then=Value(_ELSEWHERE)),
        When(Exists(untold), then=Value(_UNTOLD)),
        default=Value(""),
    )


# --- Settling ---


@transaction.atomic(durable=True)
def _settle(
    *, campaign_id: int, run: uuid.UUID, people: Sequence[_Claimed], answers: dict[int, Answer]
) -> None:
    """Write what became of a batch. What the relay was not given waits as before."""
    now = timezone.now()
    outcomes = [_outcome(person, answers.get(person.pk), now=now) for person in people]
    with connection.cursor() as cursor:
        execute_values(
            cursor.cursor,
            """UPDATE mailings_delivery AS delivery
               SET state = outcome.state, code = outcome.code, attempts = outcome.attempts,
                   next_attempt_at = outcome.next_attempt_at, settled_at = outcome.settled_at,
                   claim = CASE WHEN outcome.settled_at IS NOT NULL THEN delivery.claim END
               FROM (VALUES %s)
                   AS outcome (claim, id, state, code, attempts, next_attempt_at, settled_at)
               WHERE delivery.id = outcome.id AND delivery.claim = outcome.claim
                   AND delivery.state = 'sending'
               RETURNING delivery.id, delivery.state, delivery.code, delivery.language""",
            [(str(run), *outcome) for outcome in outcomes],
            template="(%s::uuid, %s, %s, %s, %s, %s::timestamptz, %s::timestamptz)",
            page_size=len(outcomes),
        )
        settled = cursor.fetchall()
    final = _STATES.values()
    counted = Counter(
        (language, state) for _pk, state, _code, language in settled if state in final
    )
    progress.note(campaign_id, counted, now=now)
    codes = {pk: code for pk, state, code, _language in settled if state == DeliveryState.REFUSED}
    try:
        with transaction.atomic():  # whatever breaks here, what the relay said is written
            _draw_consequences(codes, now=now)
    except Exception:
        logger.exception("refusals of campaign %s have no consequence", campaign_id)
    _stop_if_it_goes_wrong(campaign_id)


def _draw_consequences(codes: Mapping[int, str], *, now: datetime) -> None:
    """Note each refusal, by the key of its delivery, for what follows from it (R3.07)."""
    for row in Delivery.objects.filter(pk__in=codes).order_by("pk"):
        enhanced = codes[row.pk] if "." in codes[row.pk] else ""
        returns.record_smtp_refusal(delivery=row, enhanced_code=enhanced, now=now)


def _outcome(person: _Claimed, answer: Answer | None, *, now: datetime) -> tuple[object, ...]:
    """Return (id, state, code, attempts, next attempt, settled at)."""
    if answer is None:
        return (person.pk, DeliveryState.WAITING, "", person.attempts - 1, now, None)
    if answer.fate is Fate.LATER and person.attempts < MOST_ATTEMPTS:
        at = now + retry_delay(person.attempts, answered=bool(answer.code))
        return (person.pk, DeliveryState.WAITING, answer.code, person.attempts, at, None)
    state = _STATES[answer.fate]
    return (person.pk, state, answer.code, person.attempts, now, now)


_STATES = {
    Fate.TAKEN: DeliveryState.SENT,
    Fate.REFUSED: DeliveryState.REFUSED,
    Fate.LATER: DeliveryState.REFUSED,
    Fate.UNKNOWN: DeliveryState.UNKNOWN,
}


def retry_delay(attempts: int, *, answered: bool) -> timedelta:
    """Wait before the next attempt, doubled each time: longer when a server asked for patience."""
    first = FIRST_RETRY if answered else AFTER_A_BREAK
    delay: timedelta = first * 2 ** (attempts - 1)
    return min(delay, LONGEST_RETRY)


def _stop_if_it_goes_wrong(campaign_id: int) -> None:
    """Pause an envoi that too many servers refuse, or that readers call unwanted (R3.10).

    Once staff resumed it, having read why, it goes on.
    """
    campaign = Campaign.objects.select_for_update(of=("self",)).get(pk=campaign_id)
    if campaign.status != CampaignStatus.SENDING or campaign.stopped_itself_at:
        return
    hard, complaints, given = returns.return_rates(campaign)
    base = max(given, WATCHED)
    if hard > MOST_HARD * base:
        said, count, most = _("adresses n’existent pas"), hard, MOST_HARD
    elif complaints > MOST_COMPLAINTS * base:
        said, count, most = (
            _("personnes l’ont signalé comme indésirable"),
            complaints,
            MOST_COMPLAINTS,
        )
    elif campaign.refused > MOST_REFUSED * base:
        said, count, most = _("messages ont été refusés"), campaign.refused, MOST_REFUSED
    else:
        return
    now = timezone.now()
    campaign.status, campaign.stopped_at, campaign.stopped_itself_at = (
        CampaignStatus.PAUSED,
        now,
        now,
    )
    campaign.stopped_by = None
    campaign.stopped_reason = _(
        "%(count)d %(said)s, pour %(given)d messages remis : la règle en admet %(most)d "
        "(%(share)s %% de %(base)d messages)."
    ) % {
        "count": count,
        "said": said,
        "given": given,
        "most": int(most * base),
        "share": number_format(f"{100 * most:g}"),
        "base": base,
    }
    campaign.save(
        update_fields=["status", "stopped_reason", "stopped_at", "stopped_by", "stopped_itself_at"]
    )
    logger.warning("campaign %s paused by the stop rule", campaign_id)


@transaction.atomic(durable=True)
def _finish(*, campaign_id: int, now: datetime) -> None:
    """Say that an envoi is sent, once no row is waiting nor in flight."""
    campaign = Campaign.objects.select_for_update(of=("self",)).get(pk=campaign_id)
    left = campaign.deliveries.filter(state__in=[DeliveryState.WAITING, DeliveryState.SENDING])
    if campaign.status == CampaignStatus.SENDING and not left.exists():
        campaign.status, campaign.finished_at = CampaignStatus.SENT, now
        campaign.save(update_fields=["status", "finished_at"])
        touch()


# --- The sweep of each minute ---


def sweep_campaigns(*, now: datetime) -> None:
    """Settle what dead runs left in doubt, and ring for the envois that have work."""
    for run in set(Delivery.objects.in_flight().values_list("claim", flat=True)):
        assert run is not None  # by the constraint of the table
        settle_doubts(run=run, now=now)
    for campaign_id in list(
        Campaign.objects.filter(status=CampaignStatus.SENDING)
        .order_by("pk")
        .values_list("pk", flat=True)
    ):
        ring(campaign_id)


@transaction.atomic(durable=True)
def settle_doubts(*, run: uuid.UUID, now: datetime) -> int:
    """Write as unknown what a dead run had taken; return how many. A run that lives keeps its."""
    if not try_advisory_lock(_run_lock(run)):
        return 0
    doubts = Delivery.objects.in_flight().filter(claim=run)
    by_campaign: dict[int, Counter[progress.Outcome]] = defaultdict(Counter)
    for campaign_id, language in doubts.values_list("campaign_id", "language"):
        by_campaign[campaign_id][language, DeliveryState.UNKNOWN] += 1
    count = doubts.update(state=DeliveryState.UNKNOWN, settled_at=now)
    for campaign_id, outcomes in by_campaign.items():
        progress.note(campaign_id, outcomes, now=now)
    if count:
        logger.warning("%s deliveries of a dead run are in doubt", count)
    return count
