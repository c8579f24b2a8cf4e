"""A version is read against the one before, place by place."""

from hypothesis import given, settings
from hypothesis import strategies as st

from emn.questionnaires.differences import differences
from tests.questionnaires.sample import options, question_of, raw


def told(before, after):
    return [str(difference) for difference in differences(before, after)]


def test_each_change_is_told_with_its_place():
    new = raw()
    order = [question["code"] for question in new["sections"][1]["questions"]]
    question_of(new, "team")["text"]["fr"] = "Votre équipe"
    question_of(new, "size")["options"].append(options("huge")[0])
    del question_of(new, "speed")["unit"]
    new["sections"][1]["questions"].reverse()
    question_of(new, "team")["seconds"] = 40

    assert told(raw(), new) == [
        "sections[profile].questions[size].options[huge] : ajouté",
        "sections[main].questions[team].text.fr : Équipe → Votre équipe",
        "sections[main].questions[team].seconds : 50 → 40",
        "sections[main].questions[speed].unit : retiré",
        f"sections[main].questions (ordre) : {', '.join(order)} → {', '.join(reversed(order))}",
    ]


JSON = st.recursive(
    st.one_of(st.booleans(), st.integers(), st.text(max_size=3)),
    lambda inside: st.one_of(
        st.lists(inside, max_size=3), st.dictionaries(st.text(max_size=2), inside, max_size=3)
    ),
    max_leaves=8,
)


@settings(deadline=None)
@given(JSON, JSON)
def test_there_is_a_difference_exactly_where_two_values_differ(one, other):
    assert told(one, one) == []
    assert (told(one, other) == []) == (one == other)
