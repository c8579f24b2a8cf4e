"""Nine answers, one colour: pure."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.oneshot.questions import rules
from directory.oneshot.verdict import Colour, judge

QUESTIONS = {key: question.weighed for key, question in rules().questions.items()}
WORST = list(Colour)
answer_sets = st.fixed_dictionaries(dict.fromkeys(QUESTIONS, st.sampled_from(["yes", "no"])))


def answers(*alarms):
    """Sound answers but for these."""
    other = {"yes": "no", "no": "yes"}
    return {
        key: entry.alarm if key in alarms else other[entry.alarm]
        for key, entry in QUESTIONS.items()
    }


def verdict(given_answers):
    return rules().judge(given_answers)


def test_there_are_nine_with_all_their_words():
    assert len(QUESTIONS) == 9
    for question in rules().questions.values():
        for words in question.words.values():
            assert set(words) == {"fr", "de", "en"}
            assert all(words.values())


@pytest.mark.parametrize(
    ("alarms", "colour", "points"),
    [
        ((), Colour.GREEN, 0),
        (("rights",), Colour.ORANGE, 1),
        (("total", "deliverables"), Colour.ORANGE, 5),
        (("total", "lease"), Colour.RED, 6),
        (("locked",), Colour.RED, 4),
        (("receipt",), Colour.RED, 4),
        (tuple(QUESTIONS), Colour.RED, 23),
    ],
)
def test_worked_vectors(alarms, colour, points):
    found = verdict(answers(*alarms))

    assert (found.colour, found.points) == (colour, points)
    assert set(found.alarms) == set(alarms)
    assert set(found.stops) == set(alarms) & {"locked", "receipt"}


@given(answer_sets, st.sampled_from(sorted(QUESTIONS)))
def test_one_more_alarm_never_makes_it_better(given_answers, key):
    worse = given_answers | {key: QUESTIONS[key].alarm}

    before, after = verdict(given_answers), verdict(worse)

    assert WORST.index(before.colour) <= WORST.index(after.colour)
    assert before.points <= after.points


def test_every_set_of_answers_has_one_colour_that_its_alarms_explain():
    for said in product(("yes", "no"), repeat=9):
        found = verdict(dict(zip(QUESTIONS, said, strict=True)))

        points = sum(QUESTIONS[key].points for key in found.alarms)
        assert found.points == points
        assert (found.colour == Colour.GREEN) == (not found.alarms)
        assert (found.colour == Colour.RED) == bool(found.stops or points >= rules().red_from)


@pytest.mark.parametrize("said", ["", "oui", None])
def test_an_answer_that_is_none_is_refused(said):
    with pytest.raises(ValueError, match="pressed"):
        judge({"pressed": said}, [QUESTIONS["pressed"]], red_from=6)
