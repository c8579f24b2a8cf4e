"""The index as stored, and the copy in memory: always what the cards' rows say."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from directory.models import SearchBlock, SearchDocument, SearchPosting, SearchWord
from directory.search import postings
from directory.search.lexemes import parse
from directory.search.replica import Replica, numbers, replica_at
from directory.search.results import Criteria, find
from directory.search.terms import EVERY
from directory.services.providers import hide_card
from directory.services.search import is_index_current, rebuild_postings, reindex_published
from tests.directory.factories import NOW, published_card

TERMS = st.sets(st.sampled_from(["n:a", "s:b", "t:c", "=langue:fr", EVERY]))
CARDS = st.integers(1, 3 * postings.BLOCK_SIZE)


def stored():
    return {
        (row.term, row.block): set(postings.BitMap.deserialize(bytes(row.cards)))
        for row in SearchPosting.objects.all()
    }


@pytest.mark.django_db
@settings(max_examples=40)
@given(st.lists(st.dictionaries(CARDS, TERMS, max_size=6), max_size=5))
def test_after_any_changes_each_term_has_the_cards_that_hold_it(changes):
    held = {}
    with transaction.atomic():
        for change in changes:
            postings.change({card: (held.get(card, set()), new) for card, new in change.items()})
            held |= change

        found = postings.read(["n:a", "s:b", "t:c", "=langue:fr", EVERY])
        expected = {}
        for card, terms in held.items():
            for term in terms:
                expected.setdefault(term, set()).add(card)
        assert {term: set(cards) for term, cards in found.cards.items()} == expected
        assert all(stored().values()), "an empty set is a row too many"
        transaction.set_rollback(True)


@pytest.mark.django_db
def test_a_block_changes_its_version_with_its_cards_and_the_others_keep_theirs():
    far = 2 * postings.BLOCK_SIZE
    postings.change({1: ((), {"n:a"}), far: ((), {"n:a"})})
    before = dict(SearchBlock.objects.values_list("block", "version"))

    postings.change({1: ({"n:a"}, {"n:b"})})

    after = dict(SearchBlock.objects.values_list("block", "version"))
    assert after[0] != before[0]
    assert after[2] == before[2]


@pytest.mark.django_db
def test_a_change_rolled_back_leaves_no_trace_in_memory():
    with transaction.atomic():
        postings.change({99: ((), {EVERY})})
        assert 99 in find(Criteria(parse(""))).answers
        transaction.set_rollback(True)

    assert 99 not in find(Criteria(parse(""))).answers


@pytest.mark.django_db
def test_the_copy_in_memory_follows_each_block_apart():
    far = postings.BLOCK_SIZE + 7
    postings.change({5: ((), {EVERY, "=commune:57463"}), far: ((), {EVERY, "=commune:57630"})})
    versions = postings.read([]).versions
    replica = replica_at(versions)
    assert set(replica.every) == {5, far}
    assert [replica.communes[place] for place in replica.commune_places(replica.every)] == [
        "57463", "57630"
    ]  # fmt: skip

    postings.change({far: ({EVERY, "=commune:57630"}, {EVERY, "=commune:57463"})})
    moved = replica_at(postings.read([]).versions)

    assert {moved.communes[place] for place in moved.commune_places(moved.every)} == {"57463"}
    assert set(replica.every) == {5, far}, "a search under way keeps the copy it began with"


def test_numbers_are_the_cards_in_order():
    assert numbers(postings.BitMap([70_000, 3])).tolist() == [3, 70_000]
    assert numbers(postings.BitMap()).dtype == np.uint32
    assert not Replica().every


@pytest.mark.django_db(transaction=True)
def test_postings_rebuilt_from_the_cards_are_the_same():
    for number in range(5):
        published_card(name=f"Atelier {number}")
    before = stored()
    SearchPosting.objects.filter(term__startswith="n:").delete()
    SearchPosting.objects.create(term="n:leftover", block=0, cards=b"")

    assert rebuild_postings() == 5

    assert stored() == before


@pytest.mark.django_db(transaction=True)
def test_an_index_made_another_way_is_made_again():
    card = published_card(name="Atelier Nuage")
    card.document.__class__.objects.update(layout=0, terms=[])
    SearchPosting.objects.all().delete()
    assert not is_index_current()

    reindex_published()

    assert is_index_current()
    assert list(find(Criteria(parse("nuage"))).answers) == [card.pk]


@pytest.mark.django_db(transaction=True)
def test_processes_that_share_the_cards_index_each_and_forget_words_nobody_holds(monkeypatch):
    monkeypatch.setattr("directory.services.search.SPAN", 2)
    cards = [published_card(name=f"Atelier {word}") for word in ("Nuage", "Orage", "Averse")]
    SearchDocument.objects.update(layout=0, terms=[])
    SearchPosting.objects.all().delete()
    SearchWord.objects.create(word="oublié")

    assert reindex_published(by=2) == 3

    assert is_index_current()
    assert list(find(Criteria(parse("orage"))).answers) == [cards[1].pk]
    words = set(SearchWord.objects.values_list("word", flat=True))
    assert {"nuage", "orage", "averse"} <= words
    assert "oublié" not in words


@pytest.mark.django_db(transaction=True)
def test_cards_published_at_once_are_all_found_and_a_hidden_one_is_not():
    from directory.services import providers as services
    from tests.directory.factories import submitted_card

    waiting = [submitted_card(name=f"Tempête {number}").pk for number in range(8)]

    def publish(pk):
        try:
            services.publish_card(provider_id=pk, now=NOW)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(publish, waiting))
    hide_card(provider_id=waiting[0], reason="Fermée", now=NOW)

    assert set(find(Criteria(parse("tempete"))).answers) == set(waiting[1:])
