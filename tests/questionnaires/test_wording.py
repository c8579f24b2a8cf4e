"""What is kept, read back in words."""

import pytest

from emn.questionnaires.definition import read
from emn.questionnaires.forms import PageForm
from emn.questionnaires.paths import way
from emn.questionnaires.wording import said
from tests.questionnaires.sample import raw, words


@pytest.mark.parametrize(
    ("code", "value", "text"),
    [
        ("size", "some", "some"),
        ("has", ["shop", "cars"], "shop\u00a0; cars"),
        ("team", 3, "3"),
        ("team", "unknown", "Je ne sais pas"),
        ("speed", "99.5", "99,5 Mb/s"),
        ("grid", {"web": "yes", "mail": "no"}, "web\u00a0: yes\u00a0; mail\u00a0: no"),
        ("since", "2026-02-28", "28 février 2026"),
        ("trade", "10.71C", "10.71C"),
        ("place", "57463", "57463"),
        ("words", "d’été", "d’été"),
        ("words", None, "–"),
    ],
)
def test_an_answer_in_words(code, value, text):
    assert said(read(raw()).questions[code], value, "fr") == text


def test_a_page_says_the_unit_and_what_both_ends_of_a_scale_mean():
    value = raw()
    value["sections"][1]["questions"][0]["ends"] = [words("jamais"), words("toujours")]
    answers = {"size": "some", "has": ["shop"]}
    found = way(read(value), answers)

    scale, number = (
        PageForm(page=found.page(code), answers=answers, revisions={}) for code in ("team", "speed")
    )

    assert [label for _step, label in scale.fields["team"].choices] == [
        "0 – jamais", "1", "2", "3", "4", "5 – toujours", "Je ne sais pas",
    ]  # fmt: skip
    assert number.fields["speed"].label == "Débit (Mb/s)"
