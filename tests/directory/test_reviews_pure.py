"""Levels, proofs and the search for arrangements: pure, and blind to ratings."""

import inspect
import itertools
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.enums import BlockKind, ReviewLevel, ReviewRemoval
from directory.models.reviews import RATINGS
from directory.reviews import detection, levels, proofs
from directory.reviews.detection import Edge, Link, Party
from directory.reviews.proofs import Fault, Proof
from directory.reviews.rules import rules
from directory.trust import events
from emn.lib.calendar import add_months

DAY = date(2026, 11, 23)
HALF = Decimal("0.5")


def edges(*pairs, on=DAY):
    return [Edge(number, *pair, on) for number, pair in enumerate(pairs, start=1)]


def rings(given, most=6):
    return detection.rings(given, most=most, density=HALF)


# --- Blind ---


def test_detection_never_takes_a_rating():
    """M4: « detection never looks at y »; not one function or shape of it knows a rating."""
    forbidden = {*RATINGS, "rating", "ratings", "y", "text", "mean", "opinion", "level"}
    functions = [
        member
        for module in (detection, proofs)
        for _name, member in inspect.getmembers(module)
        if inspect.isfunction(member) or inspect.isclass(member)
        if member.__module__ == module.__name__
    ]
    assert len(functions) > 8
    for function in functions:
        assert forbidden.isdisjoint(inspect.signature(function).parameters), function


def test_the_delay_and_the_level_never_take_a_rating():
    """R1.17: same treatment for positive and negative."""
    assert set(inspect.signature(levels.level_of).parameters) == {
        "is_identified", "is_active", "is_proven", "is_interviewed",
    }  # fmt: skip


def test_the_words_of_the_database_are_those_of_the_ledger():
    assert BlockKind.values == list(events.BLOCKS[1:])
    assert set(ReviewRemoval.values) | {"withdrawn"} == set(events.REMOVALS)
    assert tuple(ReviewLevel.values) == events.REVIEW_LEVELS == levels.LEVELS
    assert len(RATINGS) == events.RATINGS


# --- Levels ---


@pytest.mark.parametrize(
    ("identified", "active", "proven", "interviewed", "level"),
    [
        (True, True, False, False, "V1"),
        (False, True, False, False, "V0"),
        (True, False, True, True, "V0"),
        (True, True, True, False, "V2"),
        (False, True, True, False, "V2"),
        (True, True, True, True, "V3"),
        (True, True, False, True, "V3"),
    ],
)
def test_levels_are_those_of_the_rules(identified, active, proven, interviewed, level):
    assert level == levels.level_of(
        is_identified=identified,
        is_active=active,
        is_proven=proven,
        is_interviewed=interviewed,
    )


# --- Proofs (M5) ---


def proof_faults(**changed):
    used = changed.pop("used", False)
    values = {
        "issuer_siren": "111111111", "recipient_siren": "222222222", "number": "FA-1",
        "dated_on": DAY,
    }  # fmt: skip
    return proofs.faults(
        Proof(**values | changed),
        provider_siren="111111111",
        client_siren="222222222",
        starts_on=DAY - timedelta(days=30),
        ended_on=DAY,
        invoice_after_days=60,
        is_number_used=used,
    )


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({}, ()),
        ({"issuer_siren": "333333333"}, (Fault.ISSUER,)),
        ({"recipient_siren": "333333333"}, (Fault.RECIPIENT,)),
        ({"used": True}, (Fault.NUMBER_USED,)),
        ({"dated_on": DAY - timedelta(days=30)}, ()),
        ({"dated_on": DAY - timedelta(days=31)}, (Fault.DATE,)),
        ({"dated_on": DAY + timedelta(days=60)}, ()),
        ({"dated_on": DAY + timedelta(days=61)}, (Fault.DATE,)),
        (
            {"issuer_siren": "222222222", "recipient_siren": "111111111"},
            (Fault.ISSUER, Fault.RECIPIENT),
        ),
    ],
)
def test_a_proof_is_by_the_one_to_the_other_in_the_mission_and_serves_once(changed, found):
    assert proof_faults(**changed) == found


def test_two_spellings_of_a_number_are_one():
    assert proofs.plain_number("FA-2026/007") == proofs.plain_number("fa 2026.007")


# --- Linked parties (M3) ---

ALONE = Party(siren="111111111", group="111111111")


@pytest.mark.parametrize(
    ("ours", "theirs", "link"),
    [
        ({"siren": "1"}, {"siren": "1"}, Link.SIREN),
        ({"group": "9"}, {"group": "9"}, Link.GROUP),
        ({"addresses": {"a"}}, {"addresses": {"a", "b"}}, Link.ADDRESS),
        ({"domains": {"a.example"}}, {"domains": {"a.example"}}, Link.DOMAIN),
        ({"phones": {"387000000"}}, {"phones": {"387000000"}}, Link.PHONE),
        ({"ibans": {"h"}}, {"ibans": {"h"}}, Link.IBAN),
        ({"people": {"p"}}, {"people": {"p"}}, Link.PERSON),
        (
            {"connections": {("h", DAY)}},
            {"connections": {("h", DAY - timedelta(days=30))}},
            Link.CONNECTION,
        ),
    ],
)
def test_each_link_is_found_alone(ours, theirs, link):
    client = Party(**{"siren": "1", "group": "3"} | _frozen(ours))
    provider = Party(**{"siren": "2", "group": "4"} | _frozen(theirs))

    assert detection.links(client, provider, within_days=30) == (link,)


def _frozen(values):
    return {
        name: value if isinstance(value, str) else frozenset(value)
        for name, value in values.items()
    }


def test_nothing_in_common_is_no_link_and_what_is_unknown_links_nobody():
    other = Party(siren="222222222", group="222222222")

    assert detection.links(ALONE, other, within_days=30) == ()


def test_a_connection_of_31_days_before_is_no_link():
    ours = Party("1", "1", connections=frozenset({("h", DAY)}))
    theirs = Party("2", "2", connections=frozenset({("h", DAY - timedelta(days=31))}))

    assert detection.links(ours, theirs, within_days=30) == ()


# --- Competitors (M6) ---


@pytest.mark.parametrize(
    ("ours", "theirs", "is_rival"),
    [
        (("62.01Z", "A"), ("62.02A", "A"), True),
        (("62.01Z", "A"), ("62.01Z", "B"), False),
        (("63.11Z", "A"), ("62.01Z", "A"), False),
        (("", "A"), ("", "A"), False),
        (("62.01Z", ""), ("62.01Z", ""), False),
    ],
)
def test_a_competitor_is_of_the_same_trade_and_place(ours, theirs, is_rival):
    assert is_rival == detection.competes(
        client_naf=ours[0],
        client_catchment=ours[1],
        provider_naf=theirs[0],
        provider_catchment=theirs[1],
    )


# --- Reciprocity (M4) ---


def test_two_who_review_each_other_within_12_months_are_found():
    later = add_months(DAY, 12)
    given = [Edge(1, "a", "b", DAY), Edge(2, "b", "a", later), Edge(3, "c", "a", DAY)]

    assert detection.reciprocal(given, months=12) == {1, 2}


def test_after_12_months_they_are_not():
    later = add_months(DAY, 12) + timedelta(days=1)

    assert detection.reciprocal([Edge(1, "a", "b", DAY), Edge(2, "b", "a", later)], months=12) == (
        frozenset()
    )


# --- Rings (M4) ---


def test_a_circle_of_three_is_a_ring_and_of_four_is_not_dense_enough():
    assert rings(edges("ab", "bc", "ca"))[0].members == {"a", "b", "c"}
    assert rings(edges("ab", "bc", "cd", "da")) == ()


def test_four_with_half_of_their_reviews_are_a_ring():
    (found,) = rings(edges("ab", "bc", "cd", "da", "ac", "ca"))

    assert found.members == {"a", "b", "c", "d"}
    assert found.reviews == {1, 2, 3, 4, 5, 6}


def test_six_who_all_review_each_other_are_one_ring():
    given = edges(*itertools.permutations("abcdef", 2))

    (found,) = rings(given)

    assert found.reviews == {edge.review for edge in given}


def test_a_client_outside_the_circle_is_left_alone():
    (found,) = rings(edges("ab", "bc", "ca", "xa", "xb"))

    assert found.reviews == {1, 2, 3}


def test_what_is_too_tangled_to_be_searched_is_left_to_a_person(monkeypatch):
    monkeypatch.setattr(detection, "MOST_SUBSETS", 10)
    circle = [chr(97 + n) for n in range(20)]
    given = edges(*zip(circle, circle[1:] + circle[:1], strict=True))

    (found,) = rings(given)

    assert found.members == set(circle)


FIRMS = "abcdefg"
graphs = st.sets(
    st.tuples(st.sampled_from(FIRMS), st.sampled_from(FIRMS)).filter(
        lambda pair: pair[0] != pair[1]
    ),
    max_size=25,
)


def _strong(members, pairs):
    def reached(start):
        seen, todo = {start}, [start]
        while todo:
            here = todo.pop()
            for client, provider in pairs:
                if client == here and provider in members and provider not in seen:
                    seen.add(provider)
                    todo.append(provider)
        return seen

    return all(reached(firm) == set(members) for firm in members)


@given(graphs, st.integers(3, 6))
def test_rings_are_what_a_look_at_every_set_finds(pairs, most):
    given_edges = edges(*sorted(pairs))
    expected = set()
    for size in range(3, most + 1):
        for members in itertools.combinations(FIRMS, size):
            inside = [pair for pair in pairs if set(pair) <= set(members)]
            if len(inside) * 2 >= size * (size - 1) and _strong(members, inside):
                expected |= set(inside)

    found = rings(given_edges, most=most)

    by_number = {edge.review: (edge.client, edge.provider) for edge in given_edges}
    assert {by_number[number] for ring in found for number in ring.reviews} == expected


@given(graphs)
def test_rings_share_no_firm_and_the_order_of_reviews_is_nothing(pairs):
    given_edges = edges(*sorted(pairs))
    found = rings(given_edges)

    assert found == rings(list(reversed(given_edges)))
    for one, other in itertools.combinations(found, 2):
        assert one.members.isdisjoint(other.members)


def test_the_settings_are_those_of_the_rules():
    numbers = rules()

    assert (numbers.reply_days, numbers.reciprocity_months) == (7, 12)
    assert (numbers.ring_most, numbers.ring_density) == (6, HALF)
