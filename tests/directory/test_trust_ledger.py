"""The ledger and what is computed of it: never rewritten, computed again bit for bit, by many."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, InternalError, connection, transaction
from django.db.transaction import TransactionManagementError
from django.utils import timezone

from directory.enums import TrustEventKind, TrustSource, TrustStanding
from directory.models import SearchDocument, TrustEvent, TrustFile, TrustParameters, TrustSnapshot
from directory.services import merging, trust, trust_computing
from directory.trust.events import Kind
from directory.trust.formula import compute as formula
from emn.lib.calendar import add_working_days
from emn.mailings.models import OutboundEmail
from emn.territory.enums import ImportState
from emn.territory.models import ImportRun, LegalUnit
from tests.directory.charter import unit
from tests.directory.factories import NOW, UserFactory, published_card
from tests.directory.trust_cards import (
    TODAY,
    add,
    compute,
    engaged_card,
    file_of,
    first_version,
    owner_of,
    rated_card,
    write,
)
from tests.directory.trust_ledgers import Ledger, random_ledger

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def version():
    first_version()


def in_days(days):
    return NOW + timedelta(days=days)


def last_snapshot(card):
    return file_of(card).snapshots.order_by("-pk").first()


# --- The ledger ---


def test_kinds_of_facts_are_those_of_the_formula():
    assert TrustEventKind.values == [str(kind) for kind in Kind]


@pytest.mark.parametrize("table", ["trustevent", "trustsnapshot"])
@pytest.mark.parametrize("verb", ["UPDATE directory_{} SET id = id", "DELETE FROM directory_{}"])
def test_nothing_written_is_ever_changed(table, verb):
    rated_card()

    with (
        pytest.raises(InternalError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(verb.format(table))


def test_a_fact_recorded_twice_is_one():
    card = published_card()
    first = add(card, Kind.DOCUMENTS, complete=True)

    assert add(card, Kind.DOCUMENTS, complete=True) == first
    assert TrustEvent.objects.count() == 1


def test_a_key_is_not_used_for_another_fact():
    card = published_card()
    add(card, Kind.DOCUMENTS, complete=True)

    with pytest.raises(trust.TrustRefused, match="clé"):
        add(card, Kind.DOCUMENTS, complete=False)


def test_an_impossible_fact_is_refused_and_nothing_is_written():
    card = published_card()

    with pytest.raises(trust.TrustRefused, match="number"):
        add(card, Kind.COMMITMENT, number=8, level="attested")

    assert not TrustFile.objects.exists()


def test_a_fact_of_another_file_cannot_be_voided():
    mine, theirs = engaged_card(), engaged_card()
    event = file_of(theirs).events.get()

    with pytest.raises(trust.TrustRefused, match="dossier"):
        add(mine, Kind.VOID, event=event.pk, reason="erreur")


@pytest.mark.django_db(transaction=True)
def test_a_fact_is_recorded_only_with_what_it_tells_of():
    first_version()
    with pytest.raises(TransactionManagementError):
        trust.record(
            provider_id=1,
            kind=Kind.PROFILE,
            effective_on=TODAY,
            payload={},
            source=TrustSource.CARD,
            key="x",
            now=NOW,
        )


def test_a_fact_rings_once_it_is_committed(django_capture_on_commit_callbacks, monkeypatch):
    rung = []
    monkeypatch.setattr(trust.compute_trust, "delay", lambda **ids: rung.append(ids))

    with django_capture_on_commit_callbacks(execute=True):
        card = engaged_card()

    assert {"file_id": card.trust_file.pk} in rung


def test_voiding_a_fact_gives_back_what_was_before():
    card = rated_card()
    before = last_snapshot(card)
    add(card, Kind.CERTIFICATION, code="hds", ends_on="2027-11-23")
    compute(card)
    assert last_snapshot(card).value == before.value + 2
    event = TrustEvent.objects.get(kind=Kind.CERTIFICATION)

    trust.void_event(event_id=event.pk, reason="erreur", now=NOW)
    compute(card)

    assert last_snapshot(card).value == before.value


# --- Snapshots ---


def test_every_past_snapshot_is_computed_again_bit_for_bit():
    """I2, with corrections and facts recorded late between the computations."""
    card = published_card()
    draw = random.Random(5)  # noqa: S311 -- ledgers, not secrets
    for day in range(6):
        now = in_days(day)
        ledger = random_ledger(draw, at=now.date())
        events = [event for event in ledger.events if event.kind not in {"void", "ended"}]
        write(card, events, prefix=f"{day}:", now=now)
        compute(card, now=now)
        if day == 3:
            event = file_of(card).events.filter(kind=Kind.REVIEW).first()
            event = event or file_of(card).events.first()
            trust.void_event(event_id=event.pk, reason="erreur", now=now)
            compute(card, now=now)

    snapshots = list(TrustSnapshot.objects.select_related("parameters").order_by("pk"))

    assert len(snapshots) == 7
    for snapshot in snapshots:
        result, inputs = trust_computing.recomputed(snapshot)
        assert (inputs, result.value, result.as_json()) == (
            snapshot.inputs_hash,
            snapshot.value,
            snapshot.result,
        )
        assert (result.reliability, result.half_width) == (
            snapshot.reliability,
            snapshot.half_width,
        )


def test_computing_twice_writes_one_snapshot():
    card = rated_card()
    count = TrustSnapshot.objects.count()

    assert not trust_computing.compute_file(file_id=card.trust_file.pk, now=NOW)
    file_of(card).__class__.objects.update(computed_on=None)
    assert trust_computing.compute_file(file_id=card.trust_file.pk, now=NOW)

    assert TrustSnapshot.objects.count() == count


def test_the_night_computes_everyone_once_a_day():
    cards = [engaged_card() for _ in range(3)]

    assert trust_computing.compute_due(now=NOW, batch=2) == 3
    assert trust_computing.compute_due(now=NOW, batch=2) == 0
    assert trust_computing.compute_due(now=in_days(1), batch=2) == 3
    assert {file_of(card).standing for card in cards} == {TrustStanding.ENGAGED}


def test_a_batch_costs_the_same_statements_whatever_the_files(django_assert_num_queries):
    counts = []
    for number in (1, 4):
        for _ in range(number):
            engaged_card()
        trust_computing.compute_due(now=NOW)
        TrustFile.objects.update(computed_on=None)
        with transaction.atomic():
            from django.test.utils import CaptureQueriesContext

            with CaptureQueriesContext(connection) as queries:
                files = list(TrustFile.objects.all())
                trust_computing._compute(
                    files, version=trust_computing.version_on(TODAY), at=TODAY, now=NOW
                )
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_a_version_that_takes_effect_computes_everyone_again():
    card = rated_card()
    first = TrustParameters.objects.get()
    values = {**first.values, "weights": {**first.values["weights"], "R": "20", "A": "20"}}
    TrustParameters.objects.create(
        version="1.1",
        values=values,
        note="Essai",
        created_at=NOW,
        published_on=TODAY - timedelta(days=40),
        effective_on=TODAY,
        impact={},
    )

    assert trust_computing.compute_due(now=NOW) == 1

    versions = TrustSnapshot.objects.filter(file=card.trust_file).order_by("pk")
    assert list(versions.values_list("parameters__version", flat=True)) == ["1.0", "1.1"]


def test_without_a_version_nothing_is_computed():
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE directory_trustparameters CASCADE")
    card = engaged_card()

    assert not trust_computing.compute_file(file_id=card.trust_file.pk, now=NOW)
    assert trust_computing.compute_due(now=NOW) == 0


# --- What everyone reads ---


def test_a_rated_card_shows_its_class():
    card = rated_card()
    file, snapshot, line = file_of(card), last_snapshot(card), SearchDocument.objects.get()

    assert (file.standing, snapshot.is_published) == (TrustStanding.RATED, True)
    assert (file.letter, file.displayed) == (snapshot.letter, round(snapshot.value))
    assert line.trust_class == file.letter


def test_an_engaged_card_is_not_rated_yet():
    card = engaged_card()

    file = compute(card)

    assert (file.standing, file.letter, file.displayed) == (TrustStanding.ENGAGED, "", None)
    assert SearchDocument.objects.get().trust_class == "N"


def test_a_card_without_adhesion_shows_nothing():
    card = published_card()
    add(card, Kind.DOCUMENTS, complete=True)

    assert compute(card).standing == TrustStanding.NONE
    assert SearchDocument.objects.get().trust_class == ""


def test_what_a_card_shows_changes_its_version_and_only_then():
    card = rated_card()
    before = SearchDocument.objects.get()
    trust_computing.compute_due(now=in_days(1))
    same = SearchDocument.objects.get()
    add(card, Kind.ADHESION, state="suspended", ends_on=None, now=in_days(1))
    compute(card, now=in_days(1))
    after = SearchDocument.objects.get()

    assert same.written_at == before.written_at
    assert after.written_at == in_days(1)
    assert after.trust_class == ""


def test_a_card_published_after_its_index_shows_it():
    from directory.services import providers

    card = rated_card()
    letter = file_of(card).letter
    providers.hide_card(provider_id=card.pk, reason="Essai", now=NOW)
    providers.publish_card(provider_id=card.pk, now=NOW)

    assert SearchDocument.objects.get().trust_class == letter


def test_the_register_and_the_card_are_read_into_the_ledger():
    card = engaged_card()
    type(card.company).objects.update(founded_on="2015-01-05")
    type(card).objects.update(confirmed_at=NOW - timedelta(days=40))

    compute(card)

    said = file_of(card).events.filter(kind__in=[Kind.REGISTER, Kind.PROFILE]).order_by("kind")
    assert [(row.effective_on, row.payload) for row in said] == [
        (TODAY - timedelta(days=40), {}),
        (TODAY, {"state": "A", "created_on": "2015-01-05"}),
    ]


def test_the_age_is_that_of_the_company_not_of_its_establishment():
    card = engaged_card()
    company = card.company
    type(company).objects.update(founded_on="2024-03-01")  # it has moved
    unit(company.siren)
    LegalUnit.objects.update(created_on="2001-05-02")

    compute(card)

    said = file_of(card).events.get(kind=Kind.REGISTER)
    assert said.payload["created_on"] == "2001-05-02"


def test_a_voided_answer_of_the_register_is_asked_again_at_the_next_check():
    card = engaged_card()
    compute(card)
    answer = file_of(card).events.get(kind=Kind.REGISTER)
    trust.void_event(event_id=answer.pk, reason="erreur", now=NOW)
    type(card.company).objects.update(checked_at=in_days(1))

    trust_computing.compute_due(now=in_days(1))

    said = file_of(card).events.filter(kind=Kind.REGISTER).order_by("pk")
    assert [row.effective_on for row in said] == [TODAY, TODAY + timedelta(days=1)]


def test_an_establishment_that_closes_hides_the_index():
    card = rated_card()
    type(card.company).objects.update(closed_on=TODAY, checked_at=in_days(1))

    trust_computing.compute_due(now=in_days(1))

    assert file_of(card).standing == TrustStanding.ENGAGED
    assert ["register", "", ""] in last_snapshot(card).result["missing"]


def test_the_ledger_grows_by_one_answer_of_the_register_a_week():
    card = engaged_card()
    type(card.company).objects.update(is_demo=True)
    for day in range(15):
        trust_computing.compute_due(now=in_days(day))

    assert file_of(card).events.filter(kind=Kind.REGISTER).count() == 3


def test_a_fact_is_voided_given_back_and_voided_again():
    card = rated_card()
    event = file_of(card).events.filter(kind=Kind.AUDIT).get()
    first = trust.void_event(event_id=event.pk, reason="erreur", now=NOW)
    assert trust.void_event(event_id=event.pk, reason="erreur", now=NOW) == first
    trust.void_event(event_id=first.pk, reason="retour", now=NOW)

    second = trust.void_event(event_id=event.pk, reason="erreur", now=NOW)

    assert (first.key, second.key) == (f"void:{event.pk}", f"void:{event.pk}~1")
    assert trust.void_event(event_id=event.pk, reason="erreur", now=NOW) == second


@pytest.mark.parametrize(("days", "warned"), [(24, False), (25, True)])
def test_staff_is_warned_before_a_silent_register_hides_every_index(days, warned):
    assert not trust_computing.register_is_stale(now=NOW)
    ImportRun.objects.create(
        state=ImportState.WRITTEN, departement_code="57",
        started_at=NOW - timedelta(days=days), finished_at=NOW - timedelta(days=days),
    )  # fmt: skip

    assert trust_computing.register_is_stale(now=NOW) is warned


# --- Notices ---


def sound_without_notice(card):
    write(card, [event for event in Ledger().sound().events if event.kind != Kind.NOTICE])


def test_the_provider_is_told_ten_working_days_before_its_first_publication():
    card = published_card()
    owner = owner_of(card)
    sound_without_notice(card)

    told = compute(card)
    last_day = add_working_days(TODAY, 9, local_law=True)
    first_day = add_working_days(TODAY, 10, local_law=True)
    for day in range((first_day - TODAY).days + 1):
        trust_computing.compute_due(now=in_days(day))
        if TODAY + timedelta(days=day) == last_day:
            waiting = file_of(card)

    assert (told.standing, waiting.standing) == (TrustStanding.ENGAGED, TrustStanding.ENGAGED)
    assert file_of(card).standing == TrustStanding.RATED
    mail = OutboundEmail.objects.get(kind="directory/emails/trust_notice")
    assert mail.to_email == owner.email
    assert "lundi 7 décembre 2026" in mail.text_body


def test_a_notice_that_was_voided_is_given_again():
    card = published_card()
    owner_of(card)
    sound_without_notice(card)
    compute(card)
    notice = file_of(card).events.get(kind=Kind.NOTICE)

    trust.void_event(event_id=notice.pk, reason="erreur", now=NOW)
    trust_computing.compute_due(now=in_days(1))

    assert file_of(card).events.filter(kind=Kind.NOTICE).count() == 2
    assert OutboundEmail.objects.filter(kind="directory/emails/trust_notice").count() == 2


def test_a_fall_caused_by_a_complaint_is_told_before_it_shows():
    card = rated_card()
    owner = owner_of(card)
    before = last_snapshot(card).value
    add(card, Kind.COMPLAINT, complaint="c1", severity=3, outcome="upheld")

    compute(card)
    held = last_snapshot(card).value
    until = add_working_days(TODAY, 10, local_law=True)
    days = (until - TODAY).days
    for day in range(1, days):
        trust_computing.compute_due(now=in_days(day))
    day_before = last_snapshot(card).value
    trust_computing.compute_due(now=in_days(days))

    assert held == before
    assert abs(day_before - before) < 1
    assert before - last_snapshot(card).value >= 5
    mail = OutboundEmail.objects.get(kind="directory/emails/trust_fall")
    assert mail.to_email == owner.email
    assert TrustEvent.objects.filter(kind=Kind.FALL_NOTICE).count() == 1


def test_a_small_fall_shows_at_once():
    card = rated_card()
    before = last_snapshot(card).value
    add(card, Kind.COMPLAINT, complaint="c1", severity=1, outcome="conciliated_late")
    compute(card)

    assert 0 < before - last_snapshot(card).value < 5
    assert not OutboundEmail.objects.filter(kind="directory/emails/trust_fall").exists()


def test_small_falls_in_a_row_are_told_as_one():
    card = rated_card()
    for number in range(4):
        add(
            card,
            Kind.COMPLAINT,
            key=f"c{number}",
            complaint=f"c{number}",
            severity=2,
            outcome="conciliated_late",
        )
        compute(card)

    assert TrustEvent.objects.filter(kind=Kind.FALL_NOTICE).exists()


def test_a_sanction_that_hides_the_index_needs_no_notice():
    card = rated_card()
    add(card, Kind.ADHESION, state="suspended", ends_on=None)

    assert compute(card).standing == TrustStanding.NONE


# --- By many ---


@pytest.mark.django_db(transaction=True)
def test_two_workers_share_the_night_and_do_nothing_twice():
    first_version()
    for _ in range(12):
        engaged_card()
    barrier = threading.Barrier(2)

    def work(_number):
        barrier.wait()
        try:
            return trust_computing.compute_due(now=NOW, batch=1)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(work, range(2)))

    assert sum(done) == 12
    assert TrustSnapshot.objects.count() == 12


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_dies_leaves_its_batch_to_the_next(monkeypatch):
    first_version()
    for _ in range(4):
        engaged_card()
    whole, left = trust_computing.touch, [1]

    def die():
        if not left:
            raise SystemExit
        left.pop()
        whole()

    monkeypatch.setattr(trust_computing, "touch", die)
    with pytest.raises(SystemExit):
        trust_computing.compute_due(now=NOW, batch=2)
    monkeypatch.undo()

    assert TrustSnapshot.objects.count() == 2
    assert trust_computing.compute_due(now=NOW, batch=2) == 2
    assert TrustSnapshot.objects.count() == 4


@pytest.mark.django_db(transaction=True)
def test_facts_recorded_at_once_are_all_counted_and_one_file_is_opened():
    first_version()
    card = published_card()
    barrier = threading.Barrier(6)

    def work(number):
        barrier.wait()
        try:
            add(
                card,
                Kind.COMMITMENT,
                key=f"c{number}",
                number=number + 1,
                level="attested",
            )
            trust_computing.compute_file(file_id=file_of(card).pk, now=NOW)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))

    file = file_of(card)
    assert file.events.filter(kind=Kind.COMMITMENT).count() == 6
    assert file.computed_event_id == file.last_event_id
    result = last_snapshot(card).result["components"]["E"]
    assert Decimal(result["value"]) == round(Decimal(6 * 0.75 + 0.25) / 7, 6)


def test_a_lost_bell_is_made_up_for():
    card = engaged_card()

    assert trust_computing.files_behind() == [card.trust_file.pk]
    compute(card)
    assert trust_computing.files_behind() == []


# --- Cards that become one ---


def merge(kept, merged):
    return merging.merge_cards(
        kept_id=kept.pk,
        merged_id=merged.pk,
        choices={},
        move_people=False,
        by_id=UserFactory().pk,
        now=NOW,
    )


def test_the_file_follows_a_merged_card():
    kept, merged = published_card(), rated_card()
    file = file_of(merged)

    merge(kept, merged)
    trust_computing.compute_due(now=NOW)

    assert file_of(kept) == file
    assert SearchDocument.objects.get().trust_class == file.letter


def test_two_cards_that_both_adhere_are_not_merged():
    kept, merged = rated_card(), rated_card()

    with pytest.raises(merging.MergeRefused, match="dossier"):
        merge(kept, merged)


def test_no_merge_rids_a_signatory_of_its_complaints():
    kept, merged = rated_card(), rated_card()
    add(merged, Kind.COMPLAINT, complaint="12", severity=3, outcome="upheld")
    add(merged, Kind.ADHESION, key="suspended", state="suspended", ends_on=None)
    assert compute(merged).standing == TrustStanding.NONE

    with pytest.raises(merging.MergeRefused, match="dossier"):
        merge(kept, merged)


def test_a_file_without_facts_of_its_own_stays_when_its_card_disappears():
    kept, merged = rated_card(), published_card()
    trust.record_fact(
        provider_id=merged.pk, kind=Kind.PROFILE, effective_on=TODAY, payload={},
        source=TrustSource.CARD, key="profile", now=NOW,
    )  # fmt: skip
    file = compute(merged)

    merge(kept, merged)

    file.refresh_from_db()
    assert (file.provider_id, file.events.count()) == (None, 1)
    assert trust_computing.compute_due(now=in_days(1)) == 1


# --- Versions ---


def test_a_published_version_is_never_changed():
    row = TrustParameters.objects.get()
    row.note = "Autre"

    with pytest.raises(InternalError, match="append-only"), transaction.atomic():
        row.save()
    with pytest.raises(InternalError, match="append-only"), transaction.atomic():
        row.delete()


def test_a_version_is_published_thirty_days_before_with_its_impact():
    values = TrustParameters.objects.get().values
    late = TrustParameters(
        version="1.1",
        values=values,
        note="x",
        created_at=NOW,
        published_on=TODAY,
        effective_on=TODAY + timedelta(days=29),
        impact={},
    )

    with pytest.raises(ValidationError):
        late.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        late.save()
    late.effective_on, late.impact = TODAY + timedelta(days=30), None
    with pytest.raises(IntegrityError), transaction.atomic():
        late.save()


def test_the_shipped_version_gives_what_the_pure_formula_gives():
    card = rated_card()
    snapshot = last_snapshot(card)
    rows = trust_computing.ledger_of(snapshot.file_id, up_to=snapshot.last_event_id)
    version = trust_computing.version_on(timezone.localdate(NOW))

    result = formula([row.event() for row in rows], version.parameters, TODAY)

    assert result.value == snapshot.value
