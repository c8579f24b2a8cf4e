"""Editions: weights that add up, figures that are protected, and nothing that changes after."""

import pytest
from django.db import DatabaseError, transaction
from django.db.models import F

from observatory.models import SheetWeight, SurveyEdition
from observatory.services.surveys import fieldwork, weighting
from observatory.services.surveys.editions import as_row, items_of, options_of
from observatory.services.surveys.errors import SurveyRefused
from observatory.services.surveys.weighting import weigh
from observatory.statistics.estimation import WHOLE, Figure
from observatory.statistics.intervals import Interval, Mark
from observatory.survey_enums import Outcome, Privacy, Source, Work
from tests.observatory import surveys as make
from tests.observatory.surveys import LATER, NOW, closed, frozen, opened

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]


def figure(edition, **wanted):
    (found,) = [row for row in edition.figures if wanted.items() <= row.items()]
    return found


def test_weights_meet_the_register_by_size():
    make.register(small=60, large=30)

    edition = frozen(sample_size=60)

    weights = SheetWeight.objects.select_related("sheet__unit__stratum")
    by_stratum = {}
    for each in weights:
        code = each.sheet.unit.stratum.code
        by_stratum[code] = by_stratum.get(code, 0) + each.weight
    assert by_stratum == {"1-9": pytest.approx(60, abs=1e-6), "10-49": pytest.approx(30, abs=1e-6)}
    assert (edition.method["N"], edition.method["n"], edition.method["response_rate"]) == (
        90, 60, 1.0,
    )  # fmt: skip
    assert (edition.method["weighting"], edition.method["margins"]) == ("raking", ["size"])
    assert (edition.method["from"], edition.method["to"]) == ("2026-11-22", "2026-12-21")


def test_non_response_is_made_up_for():
    make.register(small=60, large=60)
    row = opened(sample_size=100)
    for unit in row.units.filter(stratum__code="1-9"):
        make.answer(unit.token)
    for rank, unit in enumerate(row.units.filter(stratum__code="10-49").order_by("pk")[:25]):
        make.answer(unit.token, site="no" if rank < 20 else "yes")
    fieldwork.close(survey_id=row.pk, now=LATER)

    edition = make.do(row, Work.FREEZE).editions.get()

    yes = figure(edition, question="site", option="yes", axis=WHOLE)
    assert yes["share"] == 0.6  # all of one half of the register, a fifth of the other
    assert edition.method["deff"] > 1


def test_units_out_of_scope_leave_the_population():
    make.register(small=60, large=0)
    row = opened(sample_size=40)
    units = list(row.units.order_by("siret"))
    for unit in units[:10]:
        fieldwork.settle(unit_id=unit.pk, outcome=Outcome.OUT_OF_SCOPE, now=NOW)
    for unit in units[10:]:
        make.answer(unit.token)
    fieldwork.close(survey_id=row.pk, now=LATER)

    weighted = weigh(row)

    assert (weighted.population, weighted.eligible, len(weighted.sheets)) == (45, 30, 30)
    assert sum(each.weight for each in weighted.sheets) == pytest.approx(45)


def test_an_anonymous_edition_weighs_all_the_same_and_has_no_domain():
    make.register(small=60, large=30)

    edition = frozen(privacy=Privacy.ANONYMOUS, sample_size=45)

    weights = SheetWeight.objects.all()
    assert {round(each.weight, 9) for each in weights} == {2}
    assert all(each.sheet is None for each in weights)
    assert {row["axis"] for row in edition.figures} == {WHOLE}
    assert edition.method["weighting"] == "equal"


def test_volunteers_have_no_interval_and_are_said_to_be():
    make.register()
    row = opened(source=Source.OPEN)
    for rank in range(40):
        make.answer(row.open_key, site="yes" if rank % 4 else "no")
    fieldwork.close(survey_id=row.pk, now=LATER)

    edition = make.do(row, Work.FREEZE).editions.get()

    yes = figure(edition, question="site", option="yes")
    assert (yes["share"], "low" in yes, "high" in yes) == (0.75, False, False)
    assert (edition.method["weighting"], edition.method["N"]) == ("volunteers", None)


def test_fewer_than_five_sheets_give_no_edition():
    make.register()
    row = opened()
    for unit in row.units.order_by("siret")[:4]:
        make.answer(unit.token)
    fieldwork.close(survey_id=row.pk, now=LATER)

    make.do(row, Work.FREEZE)

    assert "Moins de 5" in row.trouble
    assert not SurveyEdition.objects.exists()


def test_eleven_sheets_are_needed_of_sole_traders():
    make.register()
    row = opened()
    row.strata.update(sole_traders=F("size"))
    for unit in row.units.order_by("siret")[:10]:
        make.answer(unit.token)
    fieldwork.close(survey_id=row.pk, now=LATER)

    make.do(row, Work.FREEZE)

    assert "Moins de 11" in row.trouble


def test_weights_out_of_bounds_publish_nothing(monkeypatch):
    make.register()
    row = closed()

    def never(*_args, **_kwargs):
        raise weighting.RakingFailed("x")

    monkeypatch.setattr(weighting, "rake", never)
    make.do(row, Work.FREEZE)

    assert "Aucun calage" in row.trouble
    assert not SurveyEdition.objects.exists()


def test_a_frozen_edition_refuses_to_change_and_a_correction_is_a_new_one():
    make.register()
    edition = frozen()

    with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
        SurveyEdition.objects.filter(pk=edition.pk).update(figures=[])
    with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
        SurveyEdition.objects.filter(pk=edition.pk).delete()
    again = make.do(edition.survey, Work.FREEZE)
    assert list(again.editions.order_by("number").values_list("number", flat=True)) == [1, 2]
    assert again.editions.get(number=2).figures == edition.figures


def test_an_open_survey_is_not_frozen():
    make.register()
    row = opened()
    with pytest.raises(SurveyRefused):
        make.do(row, Work.FREEZE)


# --- What may be shown ---


def a_figure(n, *, mark=Mark.SHOWN):
    between = Interval(0.1, 0.2)
    return Figure("site", "yes", "size", "a", n, 1, 0.15, 1.0, float(n), n, between, between, mark)


def test_what_is_not_shown_is_not_published():
    assert as_row(a_figure(4, mark=Mark.SECRET)).keys() == {
        "question", "option", "axis", "domain", "mark",
    }  # fmt: skip
    assert as_row(a_figure(9, mark=Mark.UNRELIABLE)).keys() == {
        "question", "option", "axis", "domain", "mark", "n",
    }  # fmt: skip
    assert as_row(a_figure(90))["share"] == 0.15


# --- From answers to options ---


def test_every_kind_of_choice_is_counted_and_free_words_never():
    from emn.questionnaires.definition import read

    definition = read(
        {
            "title": {"fr": "…"},
            "sections": [
                {
                    "code": "s", "title": {"fr": "…"},
                    "questions": [
                        *make.CONTENT["sections"][0]["questions"],
                        {"code": "note", "kind": "scale", "text": {"fr": "…"}, "least": "1",
                         "most": "3", "may_not_know": True},
                        {"code": "grid", "kind": "matrix", "text": {"fr": "…"},
                         "rows": [{"code": "r1", "label": {"fr": "…"}}],
                         "options": [{"code": "a", "label": {"fr": "…"}},
                                     {"code": "b", "label": {"fr": "…"}}]},
                    ],
                }
            ],
        }
    )  # fmt: skip

    assert {item.code: item.options for item in items_of(definition)} == {
        "site": ("yes", "no"),
        "tools": ("crm", "erp", "none"),
        "note": ("1", "2", "3", "unknown"),
        "grid.r1": ("a", "b"),
    }
    answers = {"site": "yes", "tools": ["crm", "erp"], "said": "secret", "note": 2,
               "grid": {"r1": "b"}, "gone": "x"}  # fmt: skip
    assert options_of(definition, answers) == {
        "site": {"yes"}, "tools": {"crm", "erp"}, "note": {"2"}, "grid.r1": {"b"},
    }  # fmt: skip
    assert options_of(definition, {"note": "unknown"}) == {"note": {"unknown"}}
