"""From a signature to the index: what the charter writes in the ledgers, and takes back."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from directory.enums import EvidenceStatus, TrustSource, TrustStanding
from directory.models import Adhesion, Evidence, Provider, SearchDocument, TrustEvent, TrustFile
from directory.services import (
    charter,
    charter_checks,
    charter_terms,
    merging,
    providers,
    trust,
    trust_charter,
    trust_computing,
)
from directory.trust.events import Kind
from directory.trust.formula import _Computation
from tests.directory import charter as make
from tests.directory.factories import NOW, UserFactory, published_card, submitted_card
from tests.directory.trust_cards import file_of, first_version
from tests.directory.trust_ledgers import PARAMETERS

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def version():
    first_version()


_FIELDS = ("state", "complete", "number", "level", "cover", "ends_on", "event")


def card_of(adhesion):
    return Provider.objects.get(company=adhesion.company)


def said(card, *kinds):
    """What the ledger holds, voids and what they undo left out."""
    events = list(card.trust_file.events.order_by("effective_on", "pk"))
    gone = {event.payload["event"] for event in events if event.kind == Kind.VOID}
    return [
        (event.effective_on, *(event.payload[name] for name in _FIELDS if name in event.payload))
        for event in events
        if event.kind in kinds and event.pk not in gone
    ]


def standing_on(card, day):
    """Compute all, as after midnight of that day; return what everyone may read."""
    at = NOW + (day - make.TODAY)
    trust_computing.compute_due(now=at)
    return file_of(card).standing


def suspend(adhesion, *, days, now=NOW):
    return charter_checks.suspend(
        adhesion_id=adhesion.pk,
        by_id=UserFactory().pk,
        until=timezone.localdate(now) + timedelta(days=days),
        reason="Enquête.",
        now=now,
    )


def resume(adhesion, *, now=NOW):
    return charter_checks.resume(adhesion_id=adhesion.pk, by_id=UserFactory().pk, now=now)


def refuse_piece(piece, *, now=NOW):
    return charter_checks.decide_evidence(
        evidence_id=piece.pk,
        by_id=UserFactory().pk,
        seen=EvidenceStatus.ACCEPTED,
        accepted=False,
        reason="Un autre nom.",
        now=now,
    )


def recorded():
    return TrustEvent.objects.filter(source=TrustSource.CHARTER).count()


# --- A company signs ---


def test_a_signatory_is_engaged_and_its_lines_are_read(client):
    adhesion = make.active()
    card = card_of(adhesion)

    assert standing_on(card, make.TODAY) == TrustStanding.ENGAGED

    last = adhesion.expires_on - timedelta(days=1)
    assert said(card, Kind.ADHESION) == [(make.TODAY, "active", last.isoformat())]
    assert said(card, Kind.DOCUMENTS) == [(make.TODAY, True)]
    attested = said(card, Kind.COMMITMENT)
    assert [row[1:] for row in attested] == [(n, "attested") for n in (1, 2, 3)]
    page = client.get(reverse("directory:trust", args=[card.slug])).content.decode()
    assert "engagé, pas encore noté" in page.lower()
    assert "3 engagements prouvés" in page
    assert page.count("prouvé par un document contrôlé") == 3


def test_nothing_is_told_before_the_admission():
    adhesion = make.submitted()
    make.accept(Evidence.objects.get(adhesion=adhesion))

    assert recorded() == 0


def test_an_insurance_is_told_to_its_last_day():
    adhesion = make.active()
    until = make.TODAY + timedelta(days=300)
    make.accept(make.with_piece(adhesion, kind="cyber", valid_until=until), clauses=())

    assert said(card_of(adhesion), Kind.INSURANCE) == [(make.TODAY, "cyber", until.isoformat())]


def test_an_insurance_that_ended_before_it_was_read_grants_nothing():
    adhesion = make.active()
    piece = make.with_piece(adhesion, kind="liability", valid_until=make.TODAY)

    make.accept(piece, clauses=(), now=make.days(3))

    assert said(card_of(adhesion), Kind.INSURANCE) == []


def test_each_card_once_public_is_told_and_a_draft_is_not():
    adhesion = make.submitted()
    first, second = card_of(adhesion), published_card(company=adhesion.company)
    draft = submitted_card(company=adhesion.company)
    providers.hide_card(provider_id=second.pk, reason="À revoir.", now=NOW)
    make.accept(Evidence.objects.get(adhesion=adhesion))

    charter_checks.activate(adhesion_id=adhesion.pk, by_id=UserFactory().pk, now=NOW)

    assert said(first, Kind.ADHESION, Kind.COMMITMENT) == said(
        second, Kind.ADHESION, Kind.COMMITMENT
    )
    assert not TrustFile.objects.filter(provider=draft).exists()


def test_a_new_card_of_a_signatory_is_told():
    adhesion = make.active()
    card = published_card(company=adhesion.company)

    assert standing_on(card, make.TODAY) == TrustStanding.ENGAGED
    assert len(said(card, Kind.COMMITMENT)) == 3


def test_a_card_of_another_company_has_no_ledger():
    make.active()

    assert not TrustFile.objects.filter(provider=published_card()).exists()


def test_told_again_nothing_is_added():
    adhesion = make.active()
    before = TrustEvent.objects.count()

    trust_charter.follow_company(adhesion.siren, now=make.days(40))
    providers.publish_card(provider_id=card_of(adhesion).pk, now=make.days(40))

    assert TrustEvent.objects.count() == before


# --- What ends ---


def test_a_suspension_takes_the_index_away_and_its_end_gives_it_back_on_the_day():
    adhesion = make.active()
    card = card_of(adhesion)

    suspend(adhesion, days=30)

    assert standing_on(card, make.TODAY) == TrustStanding.NONE
    assert SearchDocument.objects.get(provider=card).trust_class == ""
    assert standing_on(card, make.TODAY + timedelta(days=29)) == TrustStanding.NONE
    assert standing_on(card, make.TODAY + timedelta(days=30)) == TrustStanding.ENGAGED


def test_a_suspension_lifted_early_gives_it_back_that_day():
    adhesion = make.active()
    suspend(adhesion, days=30)

    resume(adhesion, now=make.days(10))

    day = make.TODAY + timedelta(days=10)
    states = [row[:2] for row in said(card_of(adhesion), Kind.ADHESION)]
    assert states == [(make.TODAY, "active"), (make.TODAY, "suspended"), (day, "active")]
    assert standing_on(card_of(adhesion), day) == TrustStanding.ENGAGED


def test_suspended_and_restored_twice_in_a_day_it_stands():
    adhesion = make.active()
    later = make.days(10)
    suspend(adhesion, days=5)
    charter_terms.keep_term(adhesion_id=adhesion.pk, now=make.days(5))
    suspend(adhesion, days=20, now=later)
    resume(adhesion, now=later)
    suspend(adhesion, days=20, now=later)
    assert standing_on(card_of(adhesion), later.date()) == TrustStanding.NONE

    resume(adhesion, now=later)

    assert trust_computing.compute_due(now=later) == 1
    assert file_of(card_of(adhesion)).standing == TrustStanding.ENGAGED
    history = [row[1] for row in said(card_of(adhesion), Kind.ADHESION)]
    assert history == ["active", "suspended", "active"]


def test_a_suspension_on_the_day_another_ends_counts():
    adhesion = make.active()
    suspend(adhesion, days=5)
    day = make.days(5)
    charter_terms.keep_term(adhesion_id=adhesion.pk, now=day)
    suspend(adhesion, days=20, now=day)
    assert standing_on(card_of(adhesion), day.date()) == TrustStanding.NONE

    resume(adhesion, now=day)
    trust_computing.compute_due(now=day)

    assert file_of(card_of(adhesion)).standing == TrustStanding.ENGAGED


@pytest.mark.parametrize("is_written", [True, False])
def test_the_index_goes_on_the_day_of_expiry_whether_it_was_written_down_or_not(is_written):
    adhesion = make.active()
    card, last = card_of(adhesion), adhesion.expires_on

    assert standing_on(card, last - timedelta(days=1)) == TrustStanding.ENGAGED
    if is_written:
        charter_terms.keep_term(
            adhesion_id=adhesion.pk, now=NOW + (last - make.TODAY) + timedelta(days=2)
        )
        assert said(card, Kind.ADHESION)[-1] == (last, "expired", None)

    assert standing_on(card, last) == TrustStanding.NONE
    assert not Adhesion.objects.in_force(on=last).exists()


def withdrawn(adhesion):
    charter_checks.withdraw(
        adhesion_id=adhesion.pk, by_id=UserFactory().pk, reason="Fraude.", now=make.days(9)
    )


def resigned(adhesion):
    owner = make.owner_of(adhesion.company)
    charter.resign(adhesion_id=adhesion.pk, user_id=owner.pk, now=make.days(9))


@pytest.mark.parametrize(("end", "state"), [(withdrawn, "withdrawn"), (resigned, "resigned")])
def test_who_leaves_or_is_sent_away_has_no_index_and_loses_what_its_documents_granted(end, state):
    adhesion = make.active()
    card = card_of(adhesion)
    suspend(adhesion, days=30)

    end(adhesion)

    day = make.TODAY + timedelta(days=9)
    assert said(card, Kind.ADHESION)[-1] == (day, state, None)
    assert [row[0] for row in said(card, Kind.ENDED)] == [day] * 3
    assert standing_on(card, day) == TrustStanding.NONE
    assert standing_on(card, make.TODAY + timedelta(days=30)) == TrustStanding.NONE


# --- Renewals ---


def renewed(adhesion, *, now):
    """Admit the next adhesion of the company."""
    return make.active(adhesion.company, now=now)


def seniority_starts(card, *, at):
    events = [row.event() for row in trust_computing.ledger_of(card.trust_file.pk, up_to=2**62)]
    return _Computation(events, PARAMETERS, at, explain=False).since


def test_a_renewal_runs_on_and_keeps_what_the_first_documents_granted():
    adhesion = make.active()
    now = NOW + (adhesion.expires_on - make.TODAY) - timedelta(days=60)

    second = renewed(adhesion, now=now)

    card, day = card_of(adhesion), now.date()
    assert said(card, Kind.ENDED) == []
    assert len(said(card, Kind.COMMITMENT)) == 6
    assert standing_on(card, adhesion.expires_on) == TrustStanding.ENGAGED
    assert seniority_starts(card, at=day) == make.TODAY
    assert standing_on(card, second.expires_on) == TrustStanding.NONE


@pytest.mark.parametrize("is_written", [True, False])
def test_admitted_on_the_day_of_expiry_it_is_in_force(is_written):
    adhesion = make.active()
    now = NOW + (adhesion.expires_on - make.TODAY)
    if is_written:
        charter_terms.keep_term(adhesion_id=adhesion.pk, now=now)
        assert standing_on(card_of(adhesion), now.date()) == TrustStanding.NONE

    renewed(adhesion, now=now)
    trust_computing.compute_due(now=now)

    assert file_of(card_of(adhesion)).standing == TrustStanding.ENGAGED
    assert seniority_starts(card_of(adhesion), at=now.date()) == now.date()


# --- Corrections ---


def test_a_document_refused_afterwards_is_a_void_and_taken_again_a_new_fact():
    adhesion = make.active()
    card, piece = card_of(adhesion), Evidence.objects.get(adhesion=adhesion)
    standing_on(card, make.TODAY)
    before = file_of(card).snapshots.get()
    read = trust_computing.recomputed(before, explain=True)

    refuse_piece(piece, now=make.days(2))

    assert said(card, Kind.COMMITMENT) == []
    assert card.trust_file.events.filter(kind=Kind.VOID, source=TrustSource.CHARTER).count() == 3
    piece.refresh_from_db()
    charter_checks.decide_evidence(
        evidence_id=piece.pk,
        by_id=UserFactory().pk,
        seen=EvidenceStatus.REFUSED,
        accepted=True,
        clauses=["need"],
        now=make.days(2),
    )
    day = make.TODAY + timedelta(days=2)
    assert said(card, Kind.COMMITMENT) == [(day, 1, "attested")]
    assert trust_computing.recomputed(before, explain=True) == read
    assert read[0].components[0].value > 0


def test_what_a_person_voided_stays_void():
    adhesion = make.active()
    card = card_of(adhesion)
    event = card.trust_file.events.filter(kind=Kind.COMMITMENT).first()
    trust.void_event(event_id=event.pk, reason="contest:1", now=NOW)

    trust_charter.follow_company(adhesion.siren, now=make.days(1))

    assert len(said(card, Kind.COMMITMENT)) == 2


# --- Merges ---


def merge(kept, merged):
    return merging.merge_cards(
        kept_id=kept.pk, merged_id=merged.pk, choices={}, move_people=False,
        by_id=UserFactory().pk, now=NOW,
    )  # fmt: skip


def test_two_cards_of_one_signatory_are_merged():
    adhesion = make.active()
    kept, merged = card_of(adhesion), published_card(company=adhesion.company)
    trust_computing.compute_due(now=NOW)

    merge(kept, merged)

    assert standing_on(kept, make.TODAY) == TrustStanding.ENGAGED


def test_the_adhesion_of_another_company_does_not_come_with_its_card():
    kept, merged = published_card(), card_of(make.active())

    merge(kept, merged)

    assert said(kept, Kind.ADHESION, Kind.DOCUMENTS, Kind.COMMITMENT) == []
    assert standing_on(kept, make.TODAY) == TrustStanding.NONE


# --- Many at once ---


def together(*actions):
    barrier = threading.Barrier(len(actions))

    def run(act):
        barrier.wait()
        try:
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(run, actions))


@pytest.mark.django_db(transaction=True)
def test_an_admission_and_a_publication_at_once_leave_no_card_untold():
    for number in range(4):
        adhesion = make.submitted()
        make.accept(Evidence.objects.get(adhesion=adhesion))
        card = submitted_card(company=adhesion.company)
        agent = UserFactory()

        together(
            partial(charter_checks.activate, adhesion_id=adhesion.pk, by_id=agent.pk, now=NOW),
            partial(providers.publish_card, provider_id=card.pk, now=NOW),
            lambda: trust_computing.compute_due(now=NOW),
        )

        for told in adhesion.company.providers.all():
            assert len(said(told, Kind.COMMITMENT)) == 3, number


@pytest.mark.django_db(transaction=True)
def test_two_workers_end_it_once_while_the_index_is_computed():
    adhesion = make.active()
    trust_computing.compute_due(now=NOW)
    now = NOW + (adhesion.expires_on - make.TODAY)

    together(
        lambda: charter_terms.keep_term(adhesion_id=adhesion.pk, now=now),
        lambda: charter_terms.keep_term(adhesion_id=adhesion.pk, now=now),
        lambda: trust_charter_alone(adhesion, now=now),
        lambda: trust_computing.compute_due(now=now),
    )
    trust_computing.compute_due(now=now)

    card = card_of(adhesion)
    assert [row[1] for row in said(card, Kind.ADHESION)] == ["active", "expired"]
    assert len(said(card, Kind.ENDED)) == 3
    assert file_of(card).standing == TrustStanding.NONE


def trust_charter_alone(adhesion, *, now):
    with transaction.atomic():
        trust_charter.follow_company(adhesion.siren, now=now)
