"""Every way through a version is found, and nothing else."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from emn.questionnaires.definition import read
from emn.questionnaires.dry_run import _ways, dry_run
from emn.questionnaires.paths import random_answers, way
from tests.questionnaires.sample import question_of, raw


def test_the_sample_by_hand():
    found = dry_run(read(raw()))

    # team: size alone or not; words: 100 Mb/s or not. Four ways, of 20 s but team, 50 s.
    assert (found.ways, found.is_whole) == (4, True)
    assert found.questions == (7, 9)
    assert found.seconds == (140, 210)
    assert found.minutes == (3, 4)
    assert found.never == ()
    assert set(found.always) == {"size", "has", "speed", "grid", "since", "trade", "place"}


def test_a_question_that_no_way_asks_is_named():
    value = raw()
    question_of(value, "words")["when"] = {
        "all": [
            {"q": "size", "op": "is", "value": "alone"},
            {"q": "team", "op": "at_least", "value": 3},
        ]
    }

    found = dry_run(read(value))

    assert found.never == ("words",)


def test_a_file_that_may_be_missing_makes_two_ways():
    value = raw()
    value["sections"][1]["questions"].insert(
        0, {"code": "proof", "kind": "file", "text": value["title"], "required": False}
    )
    question_of(value, "words")["when"] = {"q": "proof", "op": "answered", "value": True}

    assert dry_run(read(value)).ways == 4
    assert dry_run(read(value)).never == ()


LEAVES = st.one_of(
    st.builds(
        lambda codes: {"q": "size", "op": "in", "value": codes},
        st.lists(st.sampled_from(["alone", "some", "many"]), min_size=1, max_size=2),
    ),
    st.builds(
        lambda code: {"q": "has", "op": "has", "value": code}, st.sampled_from(["shop", "cars"])
    ),
    st.builds(lambda step: {"q": "team", "op": "at_most", "value": step}, st.integers(0, 5)),
    st.builds(lambda least: {"q": "speed", "op": "at_least", "value": least}, st.integers(0, 1000)),
    st.builds(
        lambda starts: {"q": "trade", "op": "starts", "value": starts},
        st.lists(st.sampled_from(["10", "62"]), min_size=1, max_size=2),
    ),
)
TREES = st.recursive(
    LEAVES,
    lambda inside: st.one_of(
        st.builds(lambda nodes: {"any": nodes}, st.lists(inside, min_size=1, max_size=2)),
        st.builds(lambda node: {"not": node}, inside),
    ),
    max_leaves=4,
)


@settings(deadline=None, max_examples=60)
@given(TREES, st.integers())
def test_whoever_answers_by_chance_is_on_one_of_the_ways(tree, seed):
    value = raw()
    question_of(value, "words")["when"] = tree
    definition = read(value)
    ways = {tuple(question.code for question in asked) for asked in _ways(definition)}

    for draw in range(20):
        chance = random.Random(f"{seed} {draw}")  # noqa: S311 -- a draw, not a secret
        answers = random_answers(definition, chance, naf=("10.71C", "62.01Z", "47.11B"))
        shown = way(definition, answers).shown
        assert tuple(question.code for question in shown) in ways
