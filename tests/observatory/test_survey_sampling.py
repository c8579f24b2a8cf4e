"""The register counted by strata, then drawn by a seed that anybody may use again."""

import pytest

from emn.territory.models import Establishment, LegalUnit
from observatory import survey_frame, tasks
from observatory.models import DrawnUnit
from observatory.services.surveys import thresholds, work
from observatory.services.surveys.errors import SurveyRefused
from observatory.survey_enums import Allocation, Outcome, SurveyState, Work
from tests.directory.factories import MembershipFactory
from tests.observatory import surveys as make
from tests.observatory.surveys import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]


def strata(row):
    rows = row.strata.order_by("code").values_list("code", "size", "reachable", "drawn")
    return list(rows)


def test_the_frame_counts_the_open_units_of_the_sector_by_stratum():
    make.register(small=4, large=2, masked=1)
    Establishment.objects.filter(siret="90000000100011").update(state="F")
    Establishment.objects.filter(siret="90000000200011").update(naf_code="10.71C")

    row = make.do(make.survey(), Work.FRAME)

    assert strata(row) == [("1-9", 3, 2, 0), ("10-49", 2, 2, 0)]
    assert (row.state, row.frame_size, row.work) == (SurveyState.FRAMED, 5, "")


def test_the_frame_counts_who_is_one_person_for_the_threshold():
    make.register(small=5, large=4)
    alone = Establishment.objects.filter(siret__in=["90000000100011", "90000000200011"])
    alone.update(headcount_band="NN")
    LegalUnit.objects.create(siren="900000003", legal_category="1000", state="A", diffusion="O")
    LegalUnit.objects.create(siren="900000006", legal_category="5710", state="A", diffusion="O")

    row = make.do(make.survey(axes=["activity"]), Work.FRAME)

    assert list(row.strata.values_list("size", "sole_traders")) == [(9, 3)]
    assert thresholds.least_of(row) == 5
    row.strata.update(sole_traders=5)
    assert thresholds.least_of(row, "62") == 11
    assert thresholds.least_by_domain(row) == {("", ""): 11, ("activity", "62"): 11}
    row.strata.update(sole_traders=None)
    assert thresholds.least_of(row) == 11


def test_domains_follow_the_axes_in_their_order():
    make.register(small=1, large=0)

    row = make.do(make.survey(axes=["territory", "activity", "size"]), Work.FRAME)

    assert row.strata.get().domains == {"activity": "62", "size": "1-9", "territory": "200039865"}
    assert row.strata.get().code == "62|1-9|200039865"


def test_without_a_sector_activities_are_sections_and_without_axes_there_is_one_stratum():
    make.register(small=1, large=0)
    row = make.survey(axes=["activity"])
    row.sector = None
    row.save()

    assert [unit.domains for unit in survey_frame.units(row)] == [{"activity": "J"}]
    row.axes = []
    assert [unit.stratum for unit in survey_frame.units(row)] == ["*"]


@pytest.mark.parametrize(
    ("band", "group"),
    [("NN", "0"), ("", "0"), ("00", "0"), ("03", "1-9"), ("11", "10-49"), ("12", "10-49"),
     ("21", "50+"), ("53", "50+")],
)  # fmt: skip
def test_bands_make_four_sizes(band, group):
    assert survey_frame.size_of(band) == group


def test_the_same_seed_draws_the_same_and_never_who_may_not_be_written_to():
    make.register(small=40, large=20, masked=30)
    row = make.drawn(sample_size=30)
    first = set(row.units.values_list("siret", flat=True))

    again = make.drawn(code="autre", sample_size=30)

    assert set(again.units.values_list("siret", flat=True)) == first
    assert len(first) == 30
    hidden = Establishment.objects.filter(is_masked=True).values_list("siret", flat=True)
    assert not first & set(hidden)
    assert strata(row) == [("1-9", 70, 40, 20), ("10-49", 20, 20, 10)]
    assert (row.seed, row.state) == (57, SurveyState.DRAWN)


def test_neyman_reads_the_spread_that_staff_expects():
    make.register(small=40, large=40)
    row = make.do(make.survey(sample_size=30, allocation=Allocation.NEYMAN), Work.FRAME)
    row.strata.filter(code="1-9").update(spread=0.1)

    make.do(row, Work.DRAW)

    assert strata(row) == [("1-9", 40, 40, 5), ("10-49", 40, 40, 25)]
    assert row.seed is not None


def test_a_register_that_changed_is_counted_again_first():
    make.register()
    row = make.do(make.survey(), Work.FRAME)
    Establishment.objects.filter(siret="90000000100011").update(state="F")

    make.do(row, Work.DRAW)

    assert "comptez la base" in row.trouble
    assert (row.state, row.work) == (SurveyState.FRAMED, "")
    assert not DrawnUnit.objects.exists()


def test_a_sample_larger_than_the_frame_is_refused_in_words():
    make.register(small=3, large=3)
    row = make.do(make.survey(sample_size=7), Work.FRAME)

    make.do(row, Work.DRAW)

    assert "6 que l’on peut joindre" in row.trouble


def test_an_empty_field_is_refused():
    make.register(small=0, large=0)

    assert "aucune unité" in make.do(make.survey(), Work.FRAME).trouble


def test_an_anonymous_sample_keeps_no_floor():
    make.register(small=98, large=2)

    row = make.drawn(privacy="anonymous", sample_size=50, least=2)

    assert strata(row) == [("1-9", 98, 98, 49), ("10-49", 2, 2, 1)]


def test_who_answers_for_a_company_here_is_written_to():
    make.register(small=2, large=0)
    owner = MembershipFactory(company__siret="90000000100011", role="owner").user
    MembershipFactory(company__siret="90000000200011", role="editor", user__is_active=False)

    row = make.drawn(sample_size=2)

    assert list(row.units.order_by("siret").values_list("email", flat=True)) == [owner.email, ""]
    assert row.units.filter(outcome=Outcome.WAITING).count() == 2


def test_one_work_at_a_time_and_none_out_of_turn():
    make.register()
    row = make.survey()
    work.ask(survey_id=row.pk, work=Work.FRAME, now=NOW)

    with pytest.raises(SurveyRefused, match="en cours"):
        work.ask(survey_id=row.pk, work=Work.FRAME, now=NOW)
    work.work_on(survey_id=row.pk, now=NOW)
    with pytest.raises(SurveyRefused, match="base comptée"):
        work.ask(survey_id=row.pk, work=Work.FREEZE, now=NOW)


def test_a_work_done_is_not_done_twice():
    make.register()
    row = make.drawn()
    drawn = set(row.units.values_list("pk", flat=True))

    work.work_on(survey_id=row.pk, now=NOW)

    assert set(row.units.values_list("pk", flat=True)) == drawn


def test_the_sweep_rings_for_a_work_that_was_lost(monkeypatch):
    make.register()
    row = make.survey()
    rung = []
    monkeypatch.setattr(tasks.work_on_survey, "delay", lambda survey_id: rung.append(survey_id))  # noqa: PLW0108 -- by name
    work.ask(survey_id=row.pk, work=Work.FRAME, now=NOW)
    rung.clear()

    work.ring_again(now=NOW + work.GRACE)
    assert rung == []
    work.ring_again(now=NOW + 2 * work.GRACE)
    assert rung == [row.pk]
