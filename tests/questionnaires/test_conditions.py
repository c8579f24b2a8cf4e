"""Conditions, definitions and ways: pure modules."""

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emn.questionnaires.conditions import DEEPEST, UNKNOWN, holds, shape_faults
from emn.questionnaires.definition import DefinitionRefused, Kind, read
from emn.questionnaires.paths import fault_of, random_answers, way
from tests.questionnaires.sample import options, question_of, raw, words

ANSWERS = {
    "size": "some", "has": ["shop", "cars"], "speed": "99.5", "team": 3, "trade": "10.71C",
    "doubt": UNKNOWN,
}  # fmt: skip


def leaf(question, operator, value):
    return {"q": question, "op": operator, "value": value}


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        (None, True),
        (leaf("size", "is", "some"), True),
        (leaf("size", "is", "many"), False),
        (leaf("size", "in", ["alone", "some"]), True),
        (leaf("has", "has", "cars"), True),
        (leaf("has", "has", "none"), False),
        (leaf("has", "any_of", ["none", "shop"]), True),
        (leaf("size", "has", "some"), False),
        (leaf("speed", "at_least", 100), False),
        (leaf("speed", "at_least", "99.5"), True),
        (leaf("speed", "at_most", 99.5), False),  # a JSON float is not exact: refused at reading
        (leaf("team", "at_most", 3), True),
        (leaf("trade", "starts", ["47", "10.7"]), True),
        (leaf("size", "answered", True), True),
        (leaf("absent", "answered", True), False),
        (leaf("absent", "is", "x"), False),
        (leaf("doubt", "is", UNKNOWN), False),
        ({"not": leaf("absent", "is", "x")}, True),
        ({"all": [leaf("size", "is", "some"), leaf("team", "is", 3)]}, True),
        ({"any": [leaf("size", "is", "many"), leaf("team", "is", 3)]}, True),
        ({"all": [leaf("size", "is", "some"), {"not": leaf("team", "is", 3)}]}, False),
    ],
)
def test_a_condition_reads_the_answers(tree, expected):
    assert holds(tree, ANSWERS) is expected


@pytest.mark.parametrize(
    ("tree", "words_of_fault"),
    [
        ([], "objet JSON"),
        ({}, "une seule clé"),
        ({"all": []}, "au moins une"),
        ({"all": "x"}, "au moins une"),
        ({"all": [leaf("a", "is", "b")], "any": []}, "une seule clé"),
        ({"q": "a"}, "opérateur"),
        ({"q": 3, "op": "is", "value": "b"}, "nomme une question"),
        (leaf("a", "like", "b"), "n’existe pas"),
        (leaf("a", "in", "b"), "autre valeur"),
        (leaf("a", "in", []), "liste de codes"),
        (leaf("a", "any_of", [3]), "liste de codes"),
        (leaf("a", "at_least", "ten"), "nombre"),
        (leaf("a", "at_least", 1.5), "nombre"),
        (leaf("a", "is", None), "autre valeur"),
        (leaf("a", "is", "b") | {"else": 1}, "clé inconnue"),
        ({"not": {"any": [leaf("a", "is", "b"), {}]}}, "une seule clé"),
    ],
)
def test_a_malformed_condition_is_refused_with_its_reason(tree, words_of_fault):
    (fault,) = shape_faults(tree)

    assert words_of_fault in fault


def test_a_condition_too_deep_is_refused():
    tree = leaf("a", "is", "b")
    for _level in range(DEEPEST):
        tree = {"not": tree}

    assert len(shape_faults(tree)) == 1
    assert shape_faults(tree["not"]) == []


TREES = st.recursive(
    st.builds(
        leaf, st.sampled_from(["size", "team"]), st.just("is"), st.sampled_from(["some", 3, "x"])
    ),
    lambda inside: st.one_of(
        st.builds(lambda nodes: {"all": nodes}, st.lists(inside, min_size=1, max_size=3)),
        st.builds(lambda nodes: {"any": nodes}, st.lists(inside, min_size=1, max_size=3)),
        st.builds(lambda node: {"not": node}, inside),
    ),
    max_leaves=8,
)


@settings(deadline=None)
@given(TREES)
def test_not_turns_a_condition_and_de_morgan_holds(tree):
    assert holds({"not": tree}, ANSWERS) is not holds(tree, ANSWERS)
    assert holds({"not": {"all": [tree, tree]}}, ANSWERS) is holds(
        {"any": [{"not": tree}, {"not": tree}]}, ANSWERS
    )


# --- Definitions ---


def refusals(value):
    with pytest.raises(DefinitionRefused) as refused:
        read(value)
    return [str(fault) for fault in refused.value.faults]


def test_every_kind_is_read():
    definition = read(raw())

    kinds = {question.kind for question in definition.questions.values()}
    assert kinds | {Kind.FILE} == set(Kind)  # a file: test_files.py
    assert list(definition.questions)[:3] == ["size", "has", "team"]
    assert definition.questions["team"].text.say("de") == "Équipe (de)"
    assert definition.questions["team"].text.say("it") == "Équipe"


def _set(code, /, **changed):
    def change(value):
        question_of(value, code).update(changed)

    return change


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (_set("team", when=leaf("nobody", "is", "x")),
         "sections[1].questions[0].when : la question nobody n’existe pas"),
        (_set("team", when=leaf("team", "at_least", 1)),
         "sections[1].questions[0].when : la question team dépend d’elle-même"),
        (_set("team", when=leaf("speed", "at_least", 1)),
         "sections[1].questions[0].when : la question speed vient après"),
        (_set("speed", when=leaf("words", "answered", True)),
         "sections[1].questions[1].when : boucle entre speed et words"),
        (_set("team", when=leaf("size", "is", "huge")),
         "sections[1].questions[0].when : la question size n’a pas la réponse 'huge'"),
        (_set("team", when=leaf("size", "at_least", 1)),
         "sections[1].questions[0].when : l’opérateur at_least ne lit pas une question single"),
        (_set("team", kind="stars"),
         "sections[1].questions[0].kind : le genre 'stars' n’existe pas"),
        (_set("team", colour="red"), "sections[1].questions[0] : clé inconnue : colour"),
        (_set("team", text={"fr": "Équipe", "de": "Team"}),
         "sections[1].questions[0].text : les mots manquent en en"),
        (_set("team", seconds=0),
         "sections[1].questions[0].seconds : un nombre de secondes, 600 au plus"),
        (_set("team", code="size"), "sections[1].questions[0].code : le code size est déjà pris"),
        (_set("team", code="Équipe"),
         "sections[1].questions[0].code : 'Équipe' n’est pas un code (minuscules, chiffres, _)"),
        (_set("team", most=50),
         "sections[1].questions[0] : une échelle va d’un entier à un autre, dix pas au plus"),
        (_set("size", options=options("alone", "some", "many", "many")),
         "sections[0].questions[0].options[3].code : le code many est déjà pris"),
        (_set("size", options=[*options("alone", "some", "many"), *options(UNKNOWN)]),
         "sections[0].questions[0].options[3].code : le code unknown est déjà pris"),
        (_set("words", may_not_know=True),
         "sections[1].questions[6].may_not_know : un texte ou un fichier peut rester vide"),
        (lambda value: value["sections"][1].update(when=leaf("team", "at_least", 1)),
         "sections[1].when : la question team vient après"),
        (lambda value: value["sections"].clear(),
         "sections : une liste d’au moins un élément est attendue"),
    ],
)  # fmt: skip
def test_what_does_not_hold_together_is_refused_with_its_place(change, fault):
    value = raw()
    change(value)

    assert fault in refusals(value)


def test_every_fault_is_told_at_once():
    value = raw()
    _set("team", kind="stars")(value)
    _set("speed", text=None)(value)

    assert len(refusals(value)) == 2


@pytest.mark.parametrize("value", [None, [], "x", {"title": words("x")}, {"sections": [3]}])
def test_what_is_no_questionnaire_is_refused(value):
    assert refusals(value)


# --- The way through ---


def test_a_question_whose_condition_fails_is_not_asked_and_its_answer_does_not_count():
    definition = read(raw())

    found = way(definition, {"size": "alone", "has": ["shop"], "team": 4})

    assert "team" not in {question.code for question in found.shown}
    assert "team" not in found.kept
    assert found.next_page.code == "speed"


def test_an_answer_hidden_by_an_answer_does_not_show_what_follows():
    value = raw()
    _set("speed", when=leaf("team", "at_least", 1))(value)
    definition = read(value)

    hidden = way(definition, {"size": "alone", "has": ["shop"], "team": 4})
    shown = way(definition, {"size": "some", "has": ["shop"], "team": 4})

    assert ["speed" in {q.code for q in found.shown} for found in (hidden, shown)] == [False, True]


def test_minutes_left_fall_as_the_answers_come():
    definition = read(raw())
    answers = {"size": "some", "has": ["none"], "team": UNKNOWN, "speed": "8"}

    left = [
        way(definition, dict(list(answers.items())[:count])).seconds_left
        for count in range(len(answers) + 1)
    ]

    # Both of the profile, team (50 s), speed, grid and three more, 20 s each; team once known.
    assert left == [140, 170, 150, 100, 80]
    assert way(definition, answers).minutes_left == 2


def test_pages_go_back_and_forth():
    found = way(read(raw()), {"size": "some", "has": ["none"]})
    codes = [page.code for page in found.pages]

    assert codes == ["profile", "team", "speed", "grid", "since", "trade", "place"]
    for one, two in pairwise(found.pages):
        assert (found.after(one), found.before(two)) == (two, one)
    assert found.before(found.pages[0]) is None
    assert found.after(found.pages[-1]) is None


@pytest.mark.parametrize(
    ("code", "good", "bad"),
    [
        ("size", ["some"], ["huge", 3, ["some"], UNKNOWN]),
        ("has", [["shop"], ["shop", "cars"], ["none"]],
         [[], "shop", ["cars", "shop"], ["shop", "shop"], ["cars", "none"], ["x"]]),
        ("team", [0, 5, UNKNOWN], [6, -1, "3", True, 2.5]),
        ("speed", ["0", "99.5", UNKNOWN], ["-1", "1001", "NaN", "Infinity", "fast", 8.5]),
        ("grid", [{"web": "yes", "mail": "no"}], [{"web": "yes"}, {"web": "yes", "mail": "x"}, []]),
        ("since", ["2026-02-28"], ["2026-02-30", "20260228", 3]),
        ("trade", ["10.71C"], ["10.71C; DROP", ["x"]]),
        ("place", ["57463"], ["Metz (Moselle)", ""]),
        ("words", ["d’été"], ["", " ", "x" * 5001, 3, "a\0", "a\ud83d"]),
    ],
)  # fmt: skip
def test_an_answer_is_one_that_the_question_expects(code, good, bad):
    question = read(raw()).questions[code]

    assert [fault_of(question, value) for value in good] == [None] * len(good)
    assert all(fault_of(question, value) for value in bad)


@settings(deadline=None)
@given(st.integers())
def test_chance_always_gives_a_whole_and_sound_way(seed):
    definition = read(raw())
    answers = random_answers(definition, random.Random(seed))  # noqa: S311 -- a draw, not a secret

    found = way(definition, answers)

    assert found.missing == ()
    assert dict(found.kept) == answers
    assert found.seconds_left == 0
