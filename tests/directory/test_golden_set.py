"""The golden set itself: large enough, in three languages, and answerable by the demo cards."""

import json
from collections import Counter

from directory.management.commands.seed_demo import DEMO_FILE
from tests.directory.golden import FoundCard, GoldenQuery, distance_km, load, score

SITE = GoldenQuery(id="1", query="site", language="fr", services=frozenset({"web.site"}))
NEAR_SARREBOURG = GoldenQuery(
    id="2", query="site", language="fr", services=frozenset({"web.site"}), near=("57630", 25)
)
NONSENSE = GoldenQuery(id="3", query="xqzw", language="fr", answer=False)


def card(slug="a", services=("web.site",), commune="57463"):
    return FoundCard(slug, frozenset(services), commune)


def test_the_set_is_large_enough_in_each_language():
    languages = Counter(query.language for query in load() if query.answer)

    assert languages["fr"] >= 110
    assert languages["de"] >= 35
    assert languages["en"] >= 35
    assert sum(not query.answer for query in load()) == 10


def test_each_query_is_asked_once_under_its_own_id():
    queries = load()

    assert len({query.id for query in queries}) == len(queries)
    assert len({(query.query, *query.parameters.items()) for query in queries}) == len(queries)


def test_the_demonstration_cards_can_answer_every_query():
    cards = [
        FoundCard(entry["slug_hint"], frozenset(entry["services"]), entry["commune"])
        for entry in json.loads(DEMO_FILE.read_text(encoding="utf-8"))["providers"]
        if entry["status"] == "published"
    ]

    lost = [q.id for q in load() if q.answer and not any(q.served_by(found) for found in cards)]

    assert lost == []


def test_only_the_first_five_cards_count():
    others = [card(services=("web.boutique",))] * 4

    assert score(lambda _query: [*others, card()], [SITE]).success == 1
    assert score(lambda _query: [*others, *others, card()], [SITE]).success == 0


def test_the_service_and_the_place_must_be_those_of_one_card():
    apart = [card(commune="57463"), card(services=("web.boutique",), commune="57630")]

    assert score(lambda _query: apart, [NEAR_SARREBOURG]).success == 0
    assert score(lambda _query: [card(commune="57630")], [NEAR_SARREBOURG]).success == 1


def test_nonsense_is_asked_and_not_counted():
    asked = []

    def engine(query):
        asked.append(query.id)
        return []

    result = score(engine, [SITE, NONSENSE])

    assert asked == ["1", "3"]
    assert result.asked == 1
    assert [query.id for query in result.unanswered] == ["1"]


def test_distances_are_those_of_the_map():
    assert 74 < distance_km("57463", "57630") < 76  # Metz to Sarrebourg, as the crow flies
    assert distance_km("57463", "99999") == float("inf")
