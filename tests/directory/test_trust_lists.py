"""The class of trust in lists: its facet, and what it separates."""

import re
from datetime import timedelta
from importlib import import_module

import pytest
from django.db import connection
from django.http import QueryDict

from directory.models import Provider, SearchPosting
from directory.queries import search
from directory.services import providers
from directory.services.search import index_behind, mark_behind, rebuild_postings
from directory.trust.events import Kind
from directory.wording import canonical, known_filters, search_in_words
from tests.directory.factories import CompanyFactory, published_card
from tests.directory.test_search import metz
from tests.directory.trust_cards import (
    NOW,
    add,
    compute,
    engaged_card,
    file_of,
    rated_card,
    write,
)
from tests.directory.trust_cards import first_version as bring_first_version
from tests.directory.trust_ledgers import Ledger

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]


@pytest.fixture(autouse=True)
def first_version():
    bring_first_version()


def names(query="", now=NOW):
    return [line.card.name for line in search(QueryDict(query), now=now).lines]


def counts(query=""):
    groups = {group.name: group for group in search(QueryDict(query), now=NOW).facets}
    return {choice.label: choice.count for choice in groups["classe"].choices}


def everyone():
    """Make one card of class A or B, one engaged, one without adhesion; return the rated one."""
    rated = rated_card(name="Noté")
    compute(engaged_card(name="Engagé"))
    published_card(name="Sans adhésion")
    return rated


def test_the_facet_counts_each_class_in_its_order_and_keeps_it():
    letter = file_of(everyone()).letter

    assert list(counts().items()) == [(f"Classe {letter}", 1), ("Engagé, pas encore noté", 1)]
    assert names(f"classe={letter}") == ["Noté"]
    assert names("classe=N") == ["Engagé"]
    assert names("classe=Z") == names()
    assert len(names()) == 3


def test_the_facet_follows_a_fact_at_once():
    card = everyone()
    letter = file_of(card).letter
    assert names(f"classe={letter}") == ["Noté"]

    until = (NOW + timedelta(days=1)).date().isoformat()
    add(card, Kind.ADHESION, state="suspended", ends_on=until)
    compute(card)

    assert names(f"classe={letter}") == []
    assert counts() == {"Engagé, pas encore noté": 1}


def test_a_better_class_goes_first_and_newcomers_share_the_place_of_c():
    letter = file_of(everyone()).letter
    assert letter < "C"

    days = [NOW + timedelta(days=n) for n in range(12)]

    assert {names(now=day)[0] for day in days} == {"Noté"}
    assert {tuple(sorted(names(now=day)[1:])) for day in days} == {("Engagé", "Sans adhésion")}
    assert len({tuple(names(now=day)) for day in days}) == 2


def test_class_d_comes_last_and_the_nearest_comes_first_all_the_same():
    commune = metz()
    card = published_card(name="Fragile", company=CompanyFactory(commune=commune))
    ledger = Ledger().sound()
    for number in range(4):
        ledger.complaint(f"c{number}", severity=3)
        ledger.add(Kind.WARNING, 50, case=f"cas-{number}")
    write(card, ledger.events)
    assert compute(card).letter == "D"
    published_card(name="Sans adhésion", company=CompanyFactory(commune=commune))
    published_card(name="Loin")

    for day in range(6):
        now = NOW + timedelta(days=day)
        assert names(now=now)[-1] == "Fragile"
        near = names("commune=57463&rayon=100", now=now)
        assert near == ["Sans adhésion", "Fragile", "Loin"]


def test_a_card_that_leaves_and_comes_back_keeps_its_class():
    card = everyone()
    letter = file_of(card).letter

    providers.hide_card(provider_id=card.pk, reason="essai", now=NOW)
    assert names(f"classe={letter}") == []

    providers.publish_card(provider_id=card.pk, now=NOW)
    assert names(f"classe={letter}") == ["Noté"]


def test_an_edited_card_stays_under_its_class():
    card = everyone()
    Provider.objects.filter(pk=card.pk).update(tagline="Autre chose")
    mark_behind([card.pk])

    index_behind()

    assert names(f"classe={file_of(card).letter}") == ["Noté"]


def test_postings_written_anew_hold_the_classes():
    letter = file_of(everyone()).letter
    SearchPosting.objects.all().delete()

    rebuild_postings()

    assert names(f"classe={letter}") == ["Noté"]
    assert names("classe=N") == ["Engagé"]


def test_the_migration_writes_the_sets_of_the_classes():
    letter = file_of(everyone()).letter
    SearchPosting.objects.filter(term__startswith="=classe:").delete()

    with connection.schema_editor() as editor:
        import_module("directory.migrations.0190_find_by_trust_class").gather(None, editor)

    assert names(f"classe={letter}") == ["Noté"]
    assert names("classe=N") == ["Engagé"]


def test_a_list_by_class_costs_the_same_queries_for_one_card_and_for_several(
    client, django_assert_num_queries, django_assert_max_num_queries
):
    first = everyone()
    address = f"/annuaire/?classe={file_of(first).letter}"
    client.get(address)
    with django_assert_max_num_queries(4) as few:
        client.get(f"{address}&lu=1")  # an address that no page cache knows
        expected = len(few)

    for number in range(3):
        rated_card(name=f"Noté {number}")
    client.get(address)

    with django_assert_num_queries(expected):
        html = client.get(f"{address}&lu=2").content.decode()
    assert len(re.findall('class="row row-with-meta', html)) == 4


def test_the_api_filters_and_says_the_class(client):
    letter = file_of(everyone()).letter

    found = client.get(f"/api/v1/providers/?classe={letter}").json()
    others = client.get("/api/v1/providers/").json()

    assert [row["name"] for row in found["results"]] == ["Noté"]
    assert sorted(row["trust_class"] for row in others["results"]) == sorted([letter, "N", ""])


def test_a_search_by_class_is_said_in_words_and_kept_as_an_alert():
    asked = QueryDict("q=site&classe=B&classe=inventée")

    assert search_in_words("q=site&classe=B") == "« site », Classe B"
    assert canonical(asked) == "q=site&classe=B&classe=invent%C3%A9e"
    assert known_filters(QueryDict("classe=B"), search(QueryDict(""), now=NOW).criteria) == (
        "classe=B"
    )
