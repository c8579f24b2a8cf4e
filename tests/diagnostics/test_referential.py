"""The referential that the portal ships: whole, sound, in three languages."""

import json
import re
from copy import deepcopy
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diagnostics.assessing import assess
from diagnostics.referential import DEPTHS, FLASH, ON_SITE, ReferentialRefused, read
from emn.questionnaires.paths import way
from tests.diagnostics.factories import BAKER, TIDY
from tests.diagnostics.paths import FILE, check_run

RUNS = 200  # a depth; the bench walks 20,000
CONTENT = json.loads(FILE.read_text(encoding="utf-8"))
REFERENTIAL = read(CONTENT)


def every_words(value):
    """Yield each piece of text with its languages."""
    if isinstance(value, dict):
        if set(value) == {"fr", "de", "en"}:
            yield value
        else:
            for inside in value.values():
                yield from every_words(inside)
    elif isinstance(value, list):
        for inside in value:
            yield from every_words(inside)


def test_it_has_what_was_announced():
    flash = [q for q in REFERENTIAL.questions.values() if q.is_flash]

    assert (len(REFERENTIAL.axes), len(flash), len(REFERENTIAL.questions)) == (7, 14, 56)
    assert len(REFERENTIAL.advice) == 45
    assert {q.dmat for q in REFERENTIAL.questions.values()} == set(REFERENTIAL.dmat_dimensions)
    assert REFERENTIAL.thresholds.bands == (0, 25, 50, 75)
    assert (REFERENTIAL.thresholds.axis_known, REFERENTIAL.thresholds.axes_shown) == (
        Fraction(3, 5), 5,
    )  # fmt: skip


def test_flash_takes_five_to_six_minutes():
    everything = {"size": "micro", "situation": ["consumers", "premises", "vehicles"]}

    seconds = way(REFERENTIAL.definitions[FLASH], {}).seconds_left
    questions = way(REFERENTIAL.definitions[FLASH], everything).shown

    assert len(questions) == 16  # fourteen, and two on the company
    assert sum(question.seconds for question in questions) <= 6 * 60
    assert seconds <= 6 * 60


def test_every_word_is_there_in_three_languages_with_its_typography():
    for words in every_words(CONTENT):
        for language, text in words.items():
            assert text == " ".join(text.split(" ")).strip(), (language, text)
            assert "'" not in text
        assert not re.search(r" [:;?!»]|« ", words["fr"]), words["fr"]
        assert len({words["fr"], words["de"], words["en"]}) > 1 or len(words["fr"]) < 20


@pytest.mark.parametrize("depth", DEPTHS)
@settings(deadline=None, max_examples=RUNS)
@given(seed=st.integers(0))
def test_every_walk_by_chance_yields_a_sound_report(depth, seed):
    check_run(REFERENTIAL, depth, seed)


def test_a_baker_by_hand():
    found = assess(REFERENTIAL, FLASH, BAKER)

    # strategy 100×(2×0 + 1×1)/(3×3) = 11; presence (3×1 + 2×1)/(3×5) = 33; management (3×1 + 0)/15
    # = 20; equipment (3×0 + 2×1)/15 = 13; security, skills, building 0. Mean 11.29.
    assert {axis: entry["shown"] for axis, entry in found["axes"].items()} == {
        "strategy": 11, "presence": 33, "management": 20, "equipment": 13, "security": 0,
        "skills": 0, "building": 0,
    }  # fmt: skip
    assert (
        Fraction(found["whole"]["raw"])
        == (Fraction(100, 9) + Fraction(100, 3) + 20 + Fraction(40, 3)) / 7
    )
    assert (found["whole"]["shown"], found["whole"]["band"]) == (11, 0)
    assert [red["code"] for red in found["reds"]] == ["backup_none", "leavers", "domain"]
    assert {entry["code"] for entry in found["measures"][:3]} == {
        "a_backup", "a_leavers", "a_domain",
    }  # fmt: skip
    assert found["dii"]["points"] is None
    assert found["dmat"]["overall"] is None
    assert (found["answered"], found["asked"], found["not_concerned"]) == (14, 14, [])


def test_somebody_alone_whose_things_are_in_order():
    found = assess(REFERENTIAL, FLASH, TIDY)

    assert found["whole"]["shown"] == 100
    assert found["not_concerned"] == ["p_sell", "k_leavers", "b_energy"]
    assert (found["measures"], found["reds"], found["unknown"]) == ([], [], [])
    assert all(plan["codes"] == [] for plan in found["plans"])


def test_dii_is_computed_once_every_item_is_known():
    answers = {
        "size": "small", "situation": ["premises"], "e_staff": "more", "e_internet": "good",
        "p_esales": "some", "e_cloud": ["office", "accounts"], "p_social": ["network"],
        "m_data": "analysed", "k_ai": "no", "m_erp": "three", "m_crm": "tool",
    }  # fmt: skip

    found = assess(REFERENTIAL, ON_SITE, answers)
    missing = assess(REFERENTIAL, ON_SITE, answers | {"k_ai": "unknown"})

    # Staff, 30 Mb/s, 1 % of e-sales, cloud, advanced cloud, one network, analysis, ERP (three areas
    # share one program), CRM: nine. No private customers: web sales to them are known to be none.
    assert found["dii"] == {"version": "v3-2023", "points": 9, "unknown": []}
    assert missing["dii"] == {"version": "v3-2023", "points": None, "unknown": ["ia"]}


@pytest.mark.parametrize(
    ("answer", "item", "fact"),
    [
        ({"e_cloud": ["office"]}, "cloud_avance", False),
        ({"e_cloud": ["safety"]}, "cloud_avance", True),
        ({"e_cloud": ["none"]}, "cloud", False),
        ({"p_social": ["network", "blog"]}, "medias_sociaux_2", True),
        ({"p_social": ["blog"]}, "medias_sociaux_2", False),
        ({"p_social": ["none"]}, "medias_sociaux", False),
        ({"m_erp": "two"}, "erp", None),
        ({"m_erp": "three"}, "erp", True),
        ({"e_staff": "less"}, "internet_50pct", False),
        ({"e_internet": "good"}, "debit_30", True),
        ({"p_esales": "under"}, "ventes_en_ligne_1pct", False),
        ({"p_b2c": "main"}, "ventes_web_b2c", True),
        ({"situation": ["premises"]}, "ventes_web_b2c", False),
        ({"situation": ["consumers"]}, "ventes_web_b2c", None),
        ({"k_ai": "tried"}, "ia", False),
        ({"m_crm": "tool"}, "crm", True),
        ({"m_data": "analysed"}, "analyse_donnees", True),
    ],
)
def test_an_item_of_the_dii_by_its_answer(answer, item, fact):
    (found,) = [entry for entry in REFERENTIAL.dii_items if entry.code == item]

    assert found.fact(answer) is fact


@pytest.mark.parametrize(
    ("answers", "fact"),
    [
        ({"m_einvoice": "done"}, True),
        ({"m_crm": "sheet", "m_erp": "no", "m_einvoice": "heard"}, False),
        ({"m_crm": "sheet", "m_erp": "no"}, None),
        ({"m_crm": "sheet", "m_erp": "two", "m_einvoice": "heard"}, None),
    ],
)
def test_a_system_of_the_dmat_is_also_the_electronic_invoice(answers, fact):
    (found,) = [entry for entry in REFERENTIAL.dmat_items if entry.code == "q17_10"]

    assert found.fact(answers) is fact


def test_dii_items_are_those_of_the_source(shared_data):
    lines = (shared_data / "maturite" / "dii_2023_items.csv").read_text().splitlines()[1:]

    assert [item.code for item in REFERENTIAL.dii_items] == [line.split(",")[1] for line in lines]


def test_dmat_parts_are_those_of_the_source(shared_data):
    source = json.loads((shared_data / "maturite" / "dma_pme.json").read_text())

    for dimension, parts in zip(source["dimensions"], REFERENTIAL.dmat_parts.values(), strict=True):
        own = {part.items[0].split("_")[0] for part in parts}
        assert own == {question["id"].lower() for question in dimension["questions"]}
        assert sum(part.share for part in parts) == 100


def test_no_wording_is_taken_from_the_sources(shared_data):
    taken = set()
    for name in ("dma_pme.json", "mon_aide_cyber.json"):
        text = (shared_data / "maturite" / name).read_text()
        taken |= {found.casefold() for found in re.findall(r'"([^"]{40,})"', text)}
    own = {text.casefold() for words in every_words(CONTENT) for text in words.values()}

    assert own.isdisjoint(taken)


def _deep():
    value = []
    for _level in range(5_000):
        value = [value]
    return value


def _question(content, code):
    return next(entry for entry in content["questions"] if entry["code"] == code)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda c: _question(c, "s_goals").update(axis="moon"), "s_goals : axe inconnu"),
        (lambda c: _question(c, "s_goals").update(weight=4), "s_goals : poids de 1 à 3"),
        (lambda c: _question(c, "s_goals")["options"][1].update(value="1.2"), "par demis"),
        (lambda c: _question(c, "s_goals")["options"][3].update(value="2"), "meilleure réponse"),
        (lambda c: _question(c, "x_backup")["options"][0].update(red="fire"), "carton rouge"),
        (lambda c: _question(c, "x_backup").pop("mac"), "se croise avec MonAideCyber"),
        (lambda c: c["measures"][0].update(triggers={"nothing": "2"}), "question inconnue"),
        (lambda c: c["measures"].pop(), "b_sensors : aucune mesure ne répond"),
        (lambda c: c["conditions"].update(team={"q": "s_goals", "op": "is", "value": "none"}),
         "ne lit que le profil"),
        (lambda c: c["dii"]["items"].pop(), "dii : 12 variables"),
        (lambda c: c["dmat"]["items"][0].update(code="q99_1"), "q99_1 : hors du DMAT"),
        (lambda c: c["parameters"]["bands"].reverse(), "bands"),
        (lambda c: _question(c, "s_goals")["text"].pop("de"), "les mots manquent en de"),
        (lambda c: c.pop("plan"), "il manque 'plan'"),
        (lambda c: _question(c, "s_goals").pop("weight"),
         "questions[s_goals] : il manque 'weight'"),
        (lambda c: c["measures"][0]["why"].pop("de"),
         "measures[a_goals].why : les mots manquent en de"),
        (lambda c: c["profile"]["on_site"][0].update(
            when={"q": "s_goals", "op": "is", "value": "no"}
        ),
         "on_site, sections[profile].questions[trade].when : la question s_goals vient après"),
        (lambda c: c["profile"]["on_site"].append(
            {"code": "feel", "kind": "scale", "least": 0, "most": 5, "text": c["profile"]["title"]}
        ), "feel : sur place, une question scale ne se pose pas"),
        (lambda c: c["reds"][0].update(code="a/b"), "reds[a/b] : ce code est déjà pris, ou n’en"),
        (lambda c: c["measures"].append(c["measures"][0]), "measures[a_goals] : ce code est déjà"),
        (lambda c: c.update(more=_deep()), "trop de niveaux"),
        (lambda c: c["plan"].update(budgets=["0"]), "plan : des budgets"),
        (lambda c: c.update(questions=["x"]), "la forme n’est pas celle attendue"),
    ],
)  # fmt: skip
def test_what_does_not_hold_together_is_refused(change, words):
    content = deepcopy(CONTENT)
    change(content)

    with pytest.raises(ReferentialRefused, match=re.escape(words)):
        read(content)
