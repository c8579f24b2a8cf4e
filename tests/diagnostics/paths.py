"""What must hold of every run of the published referential; the bench walks more of them."""

import random

from diagnostics.assessing import assess
from diagnostics.scoring import score
from diagnostics.services.reference import DATA
from emn.questionnaires.conditions import UNKNOWN
from emn.questionnaires.paths import random_answers, way

FILE = DATA / "referential-1.1.json"
TRADES = ("10.71C", "25.11Z", "47.11B", "62.01Z")


def check_run(referential, depth, seed):
    """Walk by chance, and raise AssertionError where the report breaks a rule."""
    chance = random.Random(seed)  # noqa: S311 -- a draw, not a secret
    definition = referential.definitions[depth]
    answers = random_answers(definition, chance, naf=TRADES)
    result = assess(referential, depth, answers)
    followed = way(definition, answers)

    assert followed.missing == ()
    codes = [entry["code"] for entry in result["measures"]]
    assert len(codes) == len(set(codes))
    for entry in (*result["axes"].values(), result["whole"]):
        assert entry["shown"] is None or 0 <= entry["shown"] <= 100
        assert (entry["raw"] is None) == (entry["band"] is None)
    for plan in result["plans"]:
        assert set(plan["codes"]) <= set(codes)
        assert plan["cost"] <= plan["budget"]
        assert plan["hours"] <= plan["hours_a_month"] * referential.months
    assert set(result["not_concerned"]).isdisjoint(q.code for q in followed.shown)
    check_hidden_answers_change_nothing(referential, depth, answers, result, chance)
    check_doubt(referential, depth, answers, chance)


def scored(referential, depth, answers):
    """The scores of answers: what every measure, band and card of the report comes from."""
    followed = way(referential.definitions[depth], answers)
    return score(
        referential.scored(depth),
        followed.kept,
        concerned={question.code for question in followed.shown},
        thresholds=referential.thresholds,
    )


def check_hidden_answers_change_nothing(referential, depth, answers, result, chance):
    """What does not concern the company changes nothing, even if it was answered."""
    hidden = {
        code: chance.choice(list(referential.questions[code].weighed.values))
        for code in result["not_concerned"]
    }
    assert scored(referential, depth, answers | hidden) == scored(referential, depth, answers)


def check_doubt(referential, depth, answers, chance):
    """« Je ne sais pas » never raises confidence, and touches no other axis."""
    scored_codes = [code for code in answers if code in referential.questions]
    code = chance.choice(scored_codes)
    axis = referential.questions[code].weighed.axis
    known = scored(referential, depth, answers)
    less = scored(referential, depth, answers | {code: UNKNOWN})
    assert less.whole.confidence <= known.whole.confidence
    assert less.axes[axis].known <= known.axes[axis].known
    others = [name for name in known.axes if name != axis]
    assert [less.axes[name] for name in others] == [known.axes[name] for name in others]
