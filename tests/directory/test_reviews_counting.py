"""What reviews do to the index, and what they cannot do to it."""

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from directory.enums import ReviewRemoval
from directory.models import GroupMember, Membership, Review, ReviewBlock, TrustEvent
from directory.services import review_clocks, review_moderation, reviews, trust_computing
from directory.trust.events import Kind
from directory.trust.formula import compute as formula
from emn.accounts.services import erase_account
from tests.directory import reviews as make
from tests.directory.factories import NOW, CompanyFactory, MembershipFactory, UserFactory
from tests.directory.trust_cards import compute, file_of, first_version, write
from tests.directory.trust_ledgers import Ledger

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def version():
    first_version()


def days(number):
    return NOW + timedelta(days=number)


def facts_of(card, kind=Kind.REVIEW):
    return list(TrustEvent.objects.filter(file__provider=card, kind=kind).order_by("pk"))


def result_of(card, *, now=NOW):
    """Compute the index of a card, as of a day, with its lines."""
    compute(card, now=now)
    snapshot = file_of(card).snapshots.order_by("-pk").first()
    return trust_computing.recomputed(snapshot, explain=True)[0]


def counted(result):
    return [line for line in result.lines if line.component == "R" and line.what == "review"]


def remove(review, reason, *, now=NOW):
    return review_moderation.remove_review(
        review_id=review.pk, reason=ReviewRemoval(reason), words="Établi.",
        by_id=make.agent().pk, now=now,
    )  # fmt: skip


def lift(block, *, now=NOW, confirmed=False):
    return review_moderation.decide_block(
        block_id=block.pk, confirmed=confirmed, decision="Vérifié au téléphone.",
        by_id=make.agent().pk, now=now,
    )  # fmt: skip


# --- The fact ---


def test_a_published_review_is_a_fact_that_names_nobody():
    review = make.published(rating=3)

    (fact,) = facts_of(review.provider)
    assert fact.effective_on == make.TODAY
    assert fact.payload == {
        "review": f"review-{review.pk}",
        "client": review.client_hash,
        "level": "V1",
        "ratings": [3, 3, 3, 3, 3],
        "experience_on": review.experience_on.isoformat(),
        "blocked": "",
    }
    assert review.client.siren not in str(fact.payload)


def test_a_review_that_waits_or_is_refused_is_no_fact():
    review = make.waiting()
    review_moderation.refuse_review(
        review_id=review.pk, reason="off_topic", words="", by_id=make.agent().pk, now=NOW
    )

    assert not TrustEvent.objects.exists()


def test_a_proof_then_an_interview_raise_the_level_on_the_same_slot():
    review = make.published()
    make.accepted(make.proof(review))
    make.interviewed(review)

    levels = [fact.payload["level"] for fact in facts_of(review.provider)]
    assert levels == ["V1", "V2", "V3"]
    (line,) = counted(result_of(review.provider))
    assert (line.state, line.detail["level"]) == ("counts", "V3")
    (mission,) = facts_of(review.provider, Kind.MISSION)
    assert mission.payload["done_on"] == review.experience_on.isoformat()


@pytest.mark.parametrize("reason", ["withdrawn", "fraud_third_party", "unproven"])
def test_what_a_document_proved_outlives_its_review_unless_it_proved_nothing(reason):
    """1.5, P: N does not depend on whether a review exists."""
    review = make.published()
    make.accepted(make.proof(review))

    if reason == "withdrawn":
        reviews.withdraw_review(review_id=review.pk, now=days(1))
    else:
        review_moderation.remove_review(
            review_id=review.pk,
            reason=ReviewRemoval(reason),
            words="Vu.",
            by_id=make.agent().pk,
            now=days(1),
        )

    (mission,) = facts_of(review.provider, Kind.MISSION)
    voids = TrustEvent.objects.filter(kind=Kind.VOID, payload__event=mission.pk)
    assert voids.exists() == (reason == "unproven")


# --- Slots (M2, I8) ---


def test_three_start_in_30_days_the_others_wait_in_the_order_they_were_given():
    provider = make.card()
    given = [make.waiting(provider, now=NOW + timedelta(minutes=n)) for n in range(5)]
    for review in reversed(given[2:]):
        make.publish(review, now=days(1))
    for review in given[:2]:
        make.publish(review, now=days(1))

    assert [make.again(review).counted_on is not None for review in given] == [
        False, False, True, True, True,
    ]  # fmt: skip
    review_clocks.tick(now=days(30))
    assert make.again(given[0]).counted_on is None
    review_clocks.tick(now=days(31))

    assert [make.again(review).counted_on for review in given[:2]] == [days(31).date()] * 2
    lines = counted(result_of(provider, now=days(31)))
    assert [line.state for line in lines] == ["counts"] * 5


def test_a_client_group_counts_once_in_24_months():
    provider = make.card()
    company, user = make.client_company()
    sister, other = make.client_company()
    GroupMember.objects.create(siren=sister.siren, head_siren=company.siren, source="Pappers")
    first = make.published(provider, company=company, user=user)
    second = make.published(provider, company=sister, user=other, now=days(1))

    assert first.client_hash == second.client_hash
    assert make.again(second).counted_on is None
    review_clocks.tick(now=days(800))
    assert make.again(second).counted_on is not None


def test_a_slot_once_taken_is_never_given_back():
    provider = make.card()
    first = make.published(provider)
    for _number in range(2):
        make.published(provider)
    reviews.withdraw_review(review_id=first.pk, now=NOW)
    again = make.published(provider, now=days(1), company=first.client, user=first.author)
    fourth = make.published(provider, now=days(2))

    assert make.again(again).counted_on is None
    assert make.again(fourth).counted_on is None


@pytest.mark.django_db(transaction=True)
def test_two_reviews_of_one_group_published_at_once_take_one_slot():
    first_version()
    provider = make.card()
    company, user = make.client_company()
    sister, other = make.client_company()
    GroupMember.objects.create(siren=sister.siren, head_siren=company.siren, source="Pappers")
    # One waiting a group: the second is given once the first was read.
    one = make.waiting(provider, company=company, user=user)
    Review.objects.filter(pk=one.pk).update(
        status="unconfirmed", submitted_at=None, publish_before=None
    )
    two = make.waiting(provider, company=sister, user=other)
    Review.objects.filter(pk=two.pk).update(status="published", published_at=NOW, level="V1")
    reviews.confirm_review(review_id=one.pk, connection="", now=NOW)
    agent = make.agent()
    barrier = threading.Barrier(2)

    def act(number):
        try:
            barrier.wait()
            if number:
                review_moderation.publish_review(
                    review_id=one.pk, is_identified=False, by_id=agent.pk, now=NOW
                )
            else:
                review_clocks.admit_queue(provider_id=provider.pk, now=NOW)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(act, range(2)))

    assert Review.objects.filter(counted_on__isnull=False).count() == 1
    assert len(facts_of(provider)) == 1


# --- What blocks (M3 to M6, I9) ---


def linked_card(**fields):
    return make.card(**fields)


def block_kinds(review):
    return list(review.blocks.order_by("pk").values_list("kind", flat=True))


def test_a_review_without_any_link_is_not_blocked():
    assert block_kinds(make.published()) == []


def test_same_group_is_a_link():
    provider = make.card()
    company, user = make.client_company()
    GroupMember.objects.create(
        siren=company.siren, head_siren=provider.company.siren, source="Infogreffe"
    )

    review = make.published(provider, company=company, user=user)

    assert block_kinds(review) == ["linked_party"]
    assert "même groupe" in review.blocks.get().detail


def test_same_address_is_a_link():
    provider = make.card()
    type(provider.company).objects.filter(pk=provider.company_id).update(
        street="12, rue de l’Église", postcode="57000"
    )
    company, user = make.client_company(street="12 rue de l'eglise", postcode="57000")

    assert block_kinds(make.published(provider, company=company, user=user)) == []
    other, someone = make.client_company(street="12, RUE DE L’ÉGLISE", postcode="57000")
    assert block_kinds(make.published(provider, company=other, user=someone)) == ["linked_party"]


def test_same_domain_is_a_link_and_a_shared_one_is_not():
    provider = make.card(email="contact@groupe-durand.example")
    company, _user = make.client_company()
    user = UserFactory(email="achats@groupe-durand.example")
    Membership.objects.create(company=company, user=user)
    assert block_kinds(make.published(provider, company=company, user=user)) == ["linked_party"]

    gmail = make.card(email="presta@gmail.com")
    other, _user = make.client_company()
    person = UserFactory(email="client@gmail.com")
    Membership.objects.create(company=other, user=person)
    review = make.waiting(gmail, company=other, user=person)
    assert block_kinds(make.publish(review, is_identified=True)) == []


def test_same_phone_same_person_and_same_connection_are_links():
    provider = make.card(phone="03 87 11 22 33")
    company, user = make.client_company()
    make.published_card(company=company, phone="+33 3 87 11 22 33", email=user.email)
    assert "téléphone" in make.published(provider, company=company, user=user).blocks.get().detail

    second = make.card()
    company, user = make.client_company()
    written = make.waiting(second, company=company, user=user)
    MembershipFactory(company=second.company, user=user)  # since: before, none is taken
    assert "personne" in make.publish(written).blocks.get().detail

    third = make.card()
    reviews.leave_trace(third.company_id, "192.0.2.9", now=days(-29))
    company, user = make.client_company()
    reviews.leave_trace(company.pk, "192.0.2.9", now=NOW)
    assert "connexion" in make.published(third, company=company, user=user).blocks.get().detail


def test_same_iban_on_proofs_is_a_link():
    provider, other = make.card(), make.card()
    iban = "FR7630006000011234567890189"
    first = make.published(provider)
    make.accepted(make.proof(first, iban=iban))
    user = UserFactory(email=f"gerant@{other.email.partition('@')[2]}")
    MembershipFactory(company=other.company, user=user)
    CompanyFactory._meta.model.objects.filter(pk=other.company_id).update(naf_code="18.12Z")
    elsewhere = make.published(other)
    make.accepted(make.proof(elsewhere, number="B-1", iban=iban))

    other.company.refresh_from_db()
    review = make.published(provider, company=other.company, user=user)

    assert "IBAN" in review.blocks.get(kind="linked_party").detail


def test_a_competitor_counts_only_once_interviewed():
    """M6."""
    provider = make.card()
    company, user = make.client_company(naf_code="62.02A")
    review = make.published(provider, company=company, user=user)
    assert block_kinds(review) == ["competitor"]
    make.accepted(make.proof(review))
    assert facts_of(provider) == []

    make.interviewed(review)

    assert [fact.payload["level"] for fact in facts_of(provider)] == ["V3"]


def test_two_who_review_each_other_count_only_once_interviewed():
    """M4: the earlier review is blocked as well, from its first day on."""
    ours, theirs, (we, they) = firms(2)
    first = make.published(theirs, company=ours.company, user=we)
    assert result_of(theirs).components[2].value > 0.5

    second = make.published(ours, company=theirs.company, user=they, now=days(3))

    assert block_kinds(first) == block_kinds(second) == ["reciprocity"]
    assert [line.state for line in counted(result_of(theirs, now=days(3)))] == ["blocked"]
    assert result_of(theirs, now=days(3)).components[2].value == pytest.approx(0.5)
    make.interviewed(first, now=days(4))
    assert [line.state for line in counted(result_of(theirs, now=days(5)))] == ["counts"]
    assert facts_of(ours) == []


def test_after_12_months_two_may_review_each_other():
    ours, theirs, (we, they) = firms(2)
    make.published(theirs, company=ours.company, user=we)
    late = make.waiting(ours, company=theirs.company, user=they, now=days(370), days_ago=-300)

    assert block_kinds(make.publish(late, now=days(370))) == []


def firms(count):
    """Return so many cards of different trades, then a person of each."""
    cards, people = [], []
    for number in range(count):
        card = make.card()
        # Of as many trades: rings are to be found, not competitors.
        type(card.company).objects.filter(pk=card.company_id).update(naf_code=f"{10 + number}.11Z")
        card.company.refresh_from_db()
        user = UserFactory(email=f"gerant@{card.email.partition('@')[2]}")
        MembershipFactory(company=card.company, user=user)
        write(card, sound_without_reviews())
        cards.append(card)
        people.append(user)
    return *cards, people


def sound_without_reviews():
    return [event for event in Ledger().sound().events if event.kind != Kind.REVIEW]


@pytest.mark.parametrize("proven", [False, True])
def test_a_fraud_ring_of_six_firms_gains_exactly_nothing(proven):
    """M4, I9: each praises each other; index, parts and lines are those without the reviews."""
    *cards, people = firms(6)
    before = [result_of(card) for card in cards]

    for day, (one, other) in enumerate(itertools.permutations(range(6), 2), start=1):
        review = make.waiting(
            cards[other], company=cards[one].company, user=people[one], rating=5, now=days(day / 30)
        )
        if proven:
            make.accepted(make.proof(review, number=f"F-{one}-{other}"), now=days(day / 30))
        make.publish(review, now=days(day / 30))

    assert Review.objects.published().count() == 30
    assert ReviewBlock.objects.filter(kind="ring").values("review").distinct().count() == 30
    at = days(1)
    for card, result in zip(cards, before, strict=True):
        without = at_day(result, card, at)
        after = result_of(card, now=at)
        assert (after.value, after.raw, after.reliability, after.half_width) == (
            without.value, without.raw, without.reliability, without.half_width,
        )  # fmt: skip
        assert (after.components, after.cap, after.malus, after.missing) == (
            without.components, without.cap, without.malus, without.missing,
        )  # fmt: skip
        said = [line for line in after.lines if line.what != "review"]
        assert said == list(without.lines)
        assert {line.state for line in counted(after)} <= {"blocked"}
        assert sum(line.points for line in counted(after)) == 0


def at_day(_before, card, now):
    """Compute the index as of a day from the facts that are of no review."""
    own = {Kind.REVIEW, Kind.MISSION, Kind.VOID}
    compute(card, now=now)
    snapshot = file_of(card).snapshots.order_by("-pk").first()
    rows = trust_computing.ledger_of(snapshot.file_id, up_to=snapshot.last_event_id)
    parameters = trust_computing.version_on(now.date()).parameters
    events = [row.event() for row in rows if row.kind not in own]
    return formula(events, parameters, now.date(), explain=True)


def test_a_ring_is_closed_by_its_last_review_and_blocks_the_first():
    *cards, people = firms(3)
    given = []
    for one in range(3):
        other = (one + 1) % 3
        given.append(make.published(cards[other], company=cards[one].company, user=people[one]))

    assert [block_kinds(review) for review in given] == [["ring"]] * 3
    assert facts_of(cards[0]) == []  # the last one never counted


def test_a_block_that_is_lifted_lets_the_review_count_and_is_not_found_again():
    *cards, people = firms(3)
    given = [
        make.published(cards[(one + 1) % 3], company=cards[one].company, user=people[one])
        for one in range(3)
    ]
    lift(given[0].blocks.get(), now=days(1))
    assert [line.state for line in counted(result_of(given[0].provider, now=days(2)))] == ["counts"]

    make.accepted(make.proof(given[2]), now=days(2))

    assert given[0].blocks.in_force().count() == 0
    assert given[1].blocks.in_force().count() == 1


def test_a_block_that_is_confirmed_stays_and_says_why():
    provider = make.card()
    company, user = make.client_company(naf_code="62.02A")
    review = make.published(provider, company=company, user=user)

    lift(review.blocks.get(), confirmed=True)

    assert review.blocks.get().status == "confirmed"
    assert facts_of(provider) == []


# --- Withdrawals and frauds (I7) ---


def test_a_withdrawn_review_counts_no_more():
    review = make.published()
    reviews.withdraw_review(review_id=review.pk, now=days(1))

    assert [line.state for line in counted(result_of(review.provider, now=days(1)))] == ["removed"]


@pytest.mark.parametrize(("reason", "malus"), [("fraud_provider", 15), ("fraud_third_party", 0)])
def test_a_fraud_voids_the_whole_pair_and_costs_whose_it_is(reason, malus):
    provider = make.card()
    company, user = make.client_company()
    old = make.published(provider, company=company, user=user)
    fake = make.published(provider, company=company, user=user, now=days(1))
    other = make.published(provider, now=days(1))

    remove(fake, reason, now=days(2))

    assert make.again(old).status == make.again(fake).status == "removed"
    assert make.again(other).status == "published"
    result = result_of(provider, now=days(2))
    assert result.malus == malus
    assert sorted(line.state for line in counted(result)) == ["counts", "removed"]
    assert make.mails("review_removed").count() == 2


def test_a_fraud_found_before_publication_costs_as_much():
    review = make.waiting()

    remove(review, "fraud_provider")

    assert result_of(review.provider).malus == 15


# --- Erasure (I15) ---


def test_erasing_the_author_changes_no_score():
    provider = make.card()
    write(provider, sound_without_reviews())
    company, user = make.client_company()
    review = make.published(provider, company=company, user=user, rating=5)
    make.accepted(make.proof(review))
    before = result_of(provider)
    ledger = list(TrustEvent.objects.order_by("pk").values())

    erase_account(user_id=user.pk)

    assert list(TrustEvent.objects.order_by("pk").values()) == ledger
    assert result_of(provider) == before
    # Its slot stays burnt, its edge stays in the graph.
    again = make.published(provider, company=company, user=_person_of(company), now=days(1))
    assert make.again(again).counted_on is None


def _person_of(company):
    user = UserFactory(email="remplacant@client-erased.example")
    Membership.objects.create(company=company, user=user)
    return user
