"""Computing the index: of one provider when a fact comes, of all each night.

A batch is one transaction: it takes files that nobody else has (`SKIP LOCKED`), reads their facts,
adds what the register and the card say today, computes, writes the snapshots and what the pages
show. A worker that is killed leaves its batch to the next; two never do the same; run again,
nothing is left to do.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from psycopg2.extras import execute_values

from directory.enums import TrustSource, TrustStanding
from directory.models import Provider, TrustFile, TrustParameters, TrustSnapshot
from directory.search import postings
from directory.search.terms import trust_terms
from directory.services.telling import people_of, tell_each
from directory.trust.events import ANNOUNCED, Event, Kind, check, voids_in_force
from directory.trust.formula import Missing, Result, class_of, compute, notice_ends_on, word_of
from directory.trust.parameters import Parameters, read
from emn.lib.calendar import add_working_days
from emn.lib.page_cache import touch
from emn.territory.enums import ImportState
from emn.territory.models import Establishment, ImportRun, LegalUnit

BATCH = 500
FACTS_OF_ONE_FALL = timedelta(days=30)  # small falls in a row are announced as one
REGISTER_WARNED_AFTER = timedelta(days=25)  # at 30 no index is shown any more (gate of the formula)
_REGISTER_AGAIN = timedelta(days=7)  # how old the last answer of the register grows in the ledger
_FROM_OUTSIDE = frozenset({Kind.PROFILE, Kind.REGISTER, Kind.INSOLVENCY})
ENGAGED = "N"
_OF_COMPANY = tuple(
    f"company__{name}" for name in ("siret", "founded_on", "closed_on", "checked_at", "is_demo")
)


class Row(NamedTuple):
    """A fact as the ledger holds it; `text` is its payload as PostgreSQL writes it."""

    id: int
    kind: str
    on: date
    text: str

    def event(self) -> Event:
        """Return the fact as the formula reads it."""
        return Event(self.id, self.kind, self.on, json.loads(self.text))


@dataclass(frozen=True)
class Version:
    """A version in effect, read once a batch."""

    row: TrustParameters
    parameters: Parameters


def version_on(day: date) -> Version | None:
    """Return the version in effect that day, None before the first."""
    row = TrustParameters.objects.in_effect(on=day).first()
    return None if row is None else Version(row, read(row.version, row.values))


def ledger_of(file_id: int, *, up_to: int) -> list[Row]:
    """Return the facts of a file as they were known when `up_to` was its last."""
    return _ledgers([file_id], up_to=up_to)[file_id]


def recomputed(snapshot: TrustSnapshot, *, explain: bool = False) -> tuple[Result, str]:
    """Compute a snapshot again; return the result and the hash of what was read (I2)."""
    version = Version(
        snapshot.parameters, read(snapshot.parameters.version, snapshot.parameters.values)
    )
    rows = ledger_of(snapshot.file_id, up_to=snapshot.last_event_id)
    events = [row.event() for row in rows]
    result = compute(events, version.parameters, snapshot.at, explain=explain)
    return result, _hash(rows, version, snapshot.at)


@transaction.atomic(durable=True)
def compute_file(*, file_id: int, now: datetime) -> bool:
    """Compute one file; return False when nothing is to do. Safe to run twice, or at once."""
    today = timezone.localdate(now)
    version = version_on(today)
    if version is None:
        return False
    due = TrustFile.objects.due(on=today, version=version.row.version).filter(pk=file_id)
    files = list(due.select_for_update(of=("self",)))
    _compute(files, version=version, at=today, now=now)
    return bool(files)


def compute_due(*, now: datetime, batch: int = BATCH) -> int:
    """Compute every file that was not computed today; return how many this run did.

    Constant memory: a batch of files and their facts at a time.
    """
    done = 0
    while found := _compute_some(now=now, batch=batch):
        done += found
    return done


@transaction.atomic(durable=True)
def _compute_some(*, now: datetime, batch: int) -> int:
    today = timezone.localdate(now)
    version = version_on(today)
    if version is None:
        return 0
    due = TrustFile.objects.due(on=today, version=version.row.version)
    files = list(
        due.order_by("computed_on", "pk").select_for_update(of=("self",), skip_locked=True)[:batch]
    )
    _compute(files, version=version, at=today, now=now)
    return len(files)


def register_is_stale(*, now: datetime) -> bool:
    """Tell whether the last import of the register is so old that indexes are about to vanish."""
    runs = ImportRun.objects.filter(state=ImportState.WRITTEN).order_by("-finished_at", "-pk")
    last = runs.values_list("finished_at", flat=True).first()
    return last is not None and last <= now - REGISTER_WARNED_AFTER


def files_behind() -> list[int]:
    """Return the files whose bell was lost."""
    return list(TrustFile.objects.behind().order_by("pk").values_list("pk", flat=True)[:1_000])


# --- A batch ---


@dataclass
class _Work:
    """One file under computation."""

    file: TrustFile
    rows: list[Row]
    added: list["_Fact"] = field(default_factory=list)
    result: Result | None = None

    def events(self) -> list[Event]:
        return [row.event() for row in self.rows]


@dataclass(frozen=True)
class _Fact:
    """A fact that the computation itself records; `tell` writes to the provider about it."""

    kind: Kind
    on: date
    payload: dict[str, Any]
    source: TrustSource
    key: str
    tell: Callable[[TrustFile], None] | None = None


def _compute(files: Sequence[TrustFile], *, version: Version, at: date, now: datetime) -> None:
    """Compute these files, which the transaction has locked."""
    if not files:
        return
    ledgers = _ledgers([file.pk for file in files])
    works = [_Work(file, ledgers[file.pk]) for file in files]
    _read_outside_facts(works, at=at)
    _record(works, now=now)
    for work in works:
        events = work.events()
        work.result = compute(events, version.parameters, at)
        _announce(work, events, version=version, at=at, now=now)
    told = [work for work in works if work.added]
    _record(told, now=now)
    for work in told:
        work.result = compute(work.events(), version.parameters, at)
    _store(works, version=version, at=at, now=now)


def _ledgers(file_ids: Iterable[int], *, up_to: int | None = None) -> dict[int, list[Row]]:
    """Return the facts of each file in the order of their numbers, in one pass over the rows."""
    ledgers: dict[int, list[Row]] = {file_id: [] for file_id in file_ids}
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT file_id, id, kind, effective_on, payload::text
               FROM directory_trustevent WHERE file_id = ANY(%s) AND id <= %s
               ORDER BY file_id, id""",
            [list(ledgers), 2**62 if up_to is None else up_to],
        )
        for file_id, *row in cursor:
            ledgers[file_id].append(Row(*row))
    return ledgers


def _hash(rows: Iterable[Row], version: Version, at: date) -> str:
    """Return the SHA-256 of all that a computation reads."""
    digest = hashlib.sha256(f"{version.row.version} {at}\n".encode())
    digest.update(json.dumps(version.row.values, sort_keys=True).encode())
    for row in rows:
        digest.update(f"\n{row.id} {row.kind} {row.on} {row.text}".encode())
    return digest.hexdigest()


def _read_outside_facts(works: Sequence[_Work], *, at: date) -> None:
    """Note, of who adheres, what the register and the card say and the ledger does not."""
    adhering = {
        work.file.provider_id: work
        for work in works
        if work.file.provider_id is not None and any(row.kind == Kind.ADHESION for row in work.rows)
    }
    if not adhering:
        return
    runs = ImportRun.objects.filter(state=ImportState.WRITTEN).order_by("-finished_at", "-pk")
    last_import = runs.values_list("finished_at", flat=True).first()
    in_register = Establishment.objects.filter(
        siret=OuterRef("company__siret"), unseen_since__isnull=True
    )
    found = Provider.objects.filter(pk__in=adhering).annotate(is_seen=Exists(in_register))
    cards = list(found.select_related("company").only("confirmed_at", *_OF_COMPANY))
    units = LegalUnit.objects.filter(siren__in={card.company.siren for card in cards})
    created = dict(units.values_list("siren", "created_on"))
    for card in cards:
        work, company = adhering[card.pk], card.company
        last = _last_said(work.rows)
        if card.confirmed_at is not None:
            on = timezone.localdate(card.confirmed_at)
            _note_profile(work, on, last.get(Kind.PROFILE), at=at)
        checked_at = company.checked_at
        if last_import is not None and card.is_seen:  # type: ignore[attr-defined]  # annotated
            checked_at = max(checked_at, last_import)
        on = at if company.is_demo else timezone.localdate(checked_at)
        created_on = created.get(company.siren) or company.founded_on  # else its establishment's
        answer = {
            "state": "A" if company.closed_on is None else "F",
            "created_on": None if created_on is None else created_on.isoformat(),
        }
        _note_register(work, on, answer, last.get(Kind.REGISTER), at=at)
        if company.is_demo:
            _note_invented_insolvency(work, last.get(Kind.INSOLVENCY), at=at)


def _note_invented_insolvency(work: _Work, last: Row | None, *, at: date) -> None:
    """Let an invented company, of which BODACC knows nothing, stay without a procedure."""
    payload = {"open": False, "liquidation": False}
    if last is None or (json.loads(last.text) == payload and at >= last.on + _REGISTER_AGAIN):
        key = f"bodacc:{at.isoformat()}:none"
        work.added.append(_Fact(Kind.INSOLVENCY, at, payload, TrustSource.BODACC, key=key))


def _last_said(rows: Sequence[Row]) -> dict[str, Row]:
    """Return the last fact of the card and of each register that nobody has voided."""
    voids = voids_in_force(row.event() for row in rows if row.kind == Kind.VOID)
    last: dict[str, Row] = {}
    for row in rows:
        if row.kind not in _FROM_OUTSIDE or row.id in voids:
            continue
        if row.kind not in last or row.on >= last[row.kind].on:
            last[row.kind] = row
    return last


def _note_profile(work: _Work, on: date, last: Row | None, *, at: date) -> None:
    if on <= at and (last is None or on > last.on):
        work.added.append(
            _Fact(Kind.PROFILE, on, {}, TrustSource.CARD, key=f"profile:{on.isoformat()}")
        )


def _note_register(
    work: _Work, on: date, answer: dict[str, Any], last: Row | None, *, at: date
) -> None:
    if on > at or (last is not None and on < last.on):
        return
    if last is None or json.loads(last.text) != answer or on >= last.on + _REGISTER_AGAIN:
        if answer["created_on"] is not None and answer["created_on"] > on.isoformat():
            answer = {**answer, "created_on": None}
        key = f"register:{on.isoformat()}:{answer['state']}:{answer['created_on'] or ''}"
        work.added.append(_Fact(Kind.REGISTER, on, answer, TrustSource.REGISTER, key=key))


def _announce(
    work: _Work, events: list[Event], *, version: Version, at: date, now: datetime
) -> None:
    """Note that the provider is told: before its first publication, before a fall (due process)."""
    result = work.result
    assert result is not None
    if result.missing == (Missing("notice"),):
        due_on = notice_ends_on(at, version.parameters)
        key = f"notice:{at.isoformat()}"
        work.added.append(
            _Fact(
                Kind.NOTICE, at, {}, TrustSource.CLOCK, key=key,
                tell=lambda file: _tell(
                    file, "trust_notice", {"due_on": due_on}, key=key, now=now
                ),
            )
        )  # fmt: skip
    elif work.file.standing == TrustStanding.RATED and result.is_published:
        _announce_fall(work, events, result, version=version, at=at, now=now)


def _announce_fall(
    work: _Work, events: list[Event], result: Result, *, version: Version, at: date, now: datetime
) -> None:
    """Hold back the new facts that, with the last ones, make the index fall by 5 points."""
    parameters = version.parameters
    announced = {
        held
        for event in events
        if event.kind == Kind.FALL_NOTICE
        for held in event.payload["events"]
    }
    fresh, recent = [], set()
    for event in events:
        if event.kind not in ANNOUNCED or event.id in announced or event.on > at:
            continue
        if event.kind == Kind.COMMITMENT and event.payload["level"] != "failed":
            continue
        if event.id > work.file.computed_event_id:
            fresh.append(event.id)
        elif event.on < at - FACTS_OF_ONE_FALL:
            continue
        recent.add(event.id)
    if not fresh:
        return
    before = compute([event for event in events if event.id not in recent], parameters, at)
    if before.value - result.value < parameters.fall["points"]:
        return
    until = add_working_days(
        at, parameters.count("fall", "notice_days"), local_law=parameters.local_law
    )
    payload = {"events": fresh, "until": until.isoformat()}
    points = {"before": before.displayed, "after": result.displayed, "until": until}
    key = f"fall:{fresh[-1]}"
    work.added.append(
        _Fact(
            Kind.FALL_NOTICE, at, payload, TrustSource.CLOCK, key=key,
            tell=lambda file: _tell(file, "trust_fall", points, key=key, now=now),
        )
    )  # fmt: skip


def _tell(
    file: TrustFile, template: str, context: dict[str, Any], *, key: str, now: datetime
) -> None:
    provider = Provider.objects.get(trust_file=file)
    tell_each(
        people_of(provider.company_id),
        template,
        occasion=f"{file.pk}:{key}",
        now=now,
        provider=provider,
        **context,
    )


def _record(works: Iterable[_Work], *, now: datetime) -> None:
    """Add to the ledger what the computation noted, in one statement; a known key adds nothing."""
    noted = [(work, fact) for work in works for fact in work.added]
    if not noted:
        return
    for _work, fact in noted:
        check(fact.kind, fact.on, fact.payload)
    values = [
        (work.file.pk, fact.kind, fact.on, json.dumps(fact.payload), fact.source, fact.key, now)
        for work, fact in noted
    ]
    with connection.cursor() as cursor:
        written = execute_values(
            cursor.cursor,
            """INSERT INTO directory_trustevent
                   (file_id, kind, effective_on, payload, source, key, recorded_at)
               VALUES %s ON CONFLICT (file_id, key) DO NOTHING
               RETURNING file_id, key, id, kind, effective_on, payload::text""",
            values,
            page_size=len(values),
            fetch=True,
        )
    rows = {(file_id, key): Row(*row) for file_id, key, *row in written}
    for work, fact in noted:
        row = rows.get((work.file.pk, fact.key))
        if row is not None:
            work.rows.append(row)
            if fact.tell is not None:
                fact.tell(work.file)
    for work, _fact in noted:
        work.rows.sort()
        work.added.clear()


def _store(works: Sequence[_Work], *, version: Version, at: date, now: datetime) -> None:
    """Write the snapshots and what the pages show."""
    snapshots, files, shown = [], [], []
    for work in works:
        result = work.result
        assert result is not None
        last_event_id = work.rows[-1].id if work.rows else 0
        letter = class_of(result.displayed, version.parameters)
        standing = standing_of(result)
        rated = standing == TrustStanding.RATED
        snapshots.append(
            (
                work.file.pk, version.row.pk, at, now, last_event_id,
                _hash(work.rows, version, at), result.is_published, result.value, letter,
                result.reliability, result.half_width, result.adhesion,
                json.dumps(result.as_json()),
            )
        )  # fmt: skip
        files.append(
            (
                work.file.pk, last_event_id, at, version.row.version, standing,
                letter if rated else "", result.displayed if rated else None,
            )
        )  # fmt: skip
        shown.append(
            (work.file.provider_id, *shown_of(result, standing, letter, version.parameters), now)
        )
    with connection.cursor() as cursor:
        execute_values(
            cursor.cursor,
            """INSERT INTO directory_trustsnapshot
                   (file_id, parameters_id, at, computed_at, last_event_id, inputs_hash,
                    is_published, value, letter, reliability, half_width, adhesion, result)
               VALUES %s ON CONFLICT DO NOTHING""",
            snapshots,
            page_size=len(snapshots),
        )
        execute_values(
            cursor.cursor,
            """UPDATE directory_trustfile AS file
               SET computed_event_id = new.last, last_event_id = greatest(last_event_id, new.last),
                   computed_on = new.at, computed_version = new.version,
                   standing = new.standing, letter = new.letter, displayed = new.displayed
               FROM (VALUES %s) AS new (id, last, at, version, standing, letter, displayed)
               WHERE file.id = new.id""",
            files,
            template="(%s, %s, %s, %s, %s, %s, %s::smallint)",
            page_size=len(files),
        )
        # In the order of the cards: the index of the search locks its rows in that order too.
        changed = execute_values(
            cursor.cursor,
            """UPDATE directory_searchdocument AS line
               SET trust_class = new.class, trust_shown = new.shown, written_at = new.at
               FROM (SELECT line.provider_id, line.trust_class AS before,
                            given.class, given.shown, given.at
                     FROM (VALUES %s) AS given (provider_id, class, shown, at)
                     JOIN directory_searchdocument AS line USING (provider_id)
                     WHERE (line.trust_class, line.trust_shown)
                           IS DISTINCT FROM (given.class, given.shown)
                     ORDER BY provider_id FOR NO KEY UPDATE OF line) AS new
               WHERE line.provider_id = new.provider_id
               RETURNING line.provider_id, new.before, new.class""",
            shown,
            page_size=len(shown),
            fetch=True,
        )
    postings.change(
        {pk: (trust_terms(before), trust_terms(letter)) for pk, before, letter in changed}
    )
    touch()


def standing_of(result: Result) -> TrustStanding:
    """Return what everyone may read of an index."""
    if result.adhesion != "active":
        return TrustStanding.NONE
    return TrustStanding.RATED if result.is_published else TrustStanding.ENGAGED


def shown_of(
    result: Result, standing: TrustStanding, letter: str, parameters: Parameters
) -> tuple[str, str]:
    """Return the class that lists show, and all that a card says, in short."""
    if standing == TrustStanding.NONE:
        return "", ""
    if standing == TrustStanding.ENGAGED:
        return ENGAGED, ENGAGED
    word = word_of(result.reliability, parameters)
    return letter, f"{letter} {result.displayed} {round(result.half_width)} {word}"


def every_ledger() -> Iterator[tuple[int, list[Event]]]:
    """Yield every file with its facts, through a cursor of the server: for a simulation."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            """SELECT event.file_id, event.id, event.kind, event.effective_on, event.payload::text
               FROM directory_trustevent AS event
               JOIN directory_trustfile AS file ON file.id = event.file_id
               WHERE file.provider_id IS NOT NULL ORDER BY event.file_id, event.id"""
        )
        for file_id, rows in groupby(cursor, key=itemgetter(0)):
            yield file_id, [Row(*row[1:]).event() for row in rows]
