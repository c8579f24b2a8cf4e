"""Benchmarks: who is counted, what may be said, what two nights may tell."""

from datetime import timedelta
from fractions import Fraction
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnostics.benchmark import FEWEST_KNOWN, Respondent, cells, may_renew
from diagnostics.benchmark_words import beside
from diagnostics.models import BenchmarkCell, Diagnostic
from diagnostics.sectors import sector_of, sector_words
from diagnostics.services import benchmarks
from diagnostics.services import diagnostics as services
from tests.diagnostics.factories import BAKER, NOW, TIDY, finished
from tests.directory.factories import CompanyFactory, MembershipFactory


def people(count, *, start=0, size="micro", sector="trade", scores=None):
    """So many companies, each with its own score."""
    return [
        Respondent(
            str(start + number), 1000 + start + number, size, sector,
            {"a": Fraction(10 + number)} if scores is None else {"a": scores[number]},
        )
        for number in range(count)
    ]  # fmt: skip


def keys(found):
    return [(cell.size, cell.sector, cell.count) for cell in found]


def test_ten_make_a_cell_and_nine_do_not():
    assert keys(cells(people(9))) == []
    assert keys(cells(people(10))) == [("micro", "", 10), ("micro", "trade", 10)]


def test_of_those_who_work_alone_it_takes_eleven():
    assert keys(cells(people(10, size="alone"))) == []
    assert keys(cells(people(11, size="alone")))[0] == ("alone", "", 11)


@pytest.mark.parametrize(("others", "sectors"), [(0, 1), (1, 0), (4, 0), (5, 1)])
def test_a_sector_leaves_nobody_or_enough_behind_it(others, sectors):
    """With 10 in trade and the mean of all 11, a difference would be the eleventh."""
    found = cells(people(10) + people(others, start=50, sector="building"))

    assert len(found) == 1 + sectors


@pytest.mark.parametrize(("others", "sectors"), [(0, 1), (10, 0), (11, 2)])
def test_of_those_who_work_alone_eleven_are_left_too(others, sectors):
    building = people(others, start=50, size="alone", sector="building")

    assert len(cells(people(11, size="alone") + building)) == 1 + sectors


def test_a_mean_of_those_who_work_alone_is_of_eleven():
    scores = [Fraction(number) for number in range(10, 21)]

    few = cells(people(12, size="alone", scores=[*scores[:10], None, None]))
    enough = cells(people(12, size="alone", scores=[*scores, None]))

    assert (few[0].means, enough[0].means) == ({"a": None}, {"a": 15})


def test_what_is_known_of_those_left_is_enough_too():
    """Five are left, but only one of them is known on this axis."""
    left = people(5, start=50, sector="building", scores=[Fraction(9), None, None, None, None])

    assert keys(cells(people(10) + left)) == [("micro", "", 15)]


@pytest.mark.parametrize(
    ("scores", "mean"),
    [
        ([None] * 6 + [Fraction(s) for s in (10, 20, 30, 40)], None),
        ([None] * 5 + [Fraction(s) for s in (10, 20, 30, 40, 50)], 30),
        ([Fraction(0)] * 10, None),
        ([Fraction(100)] * 10, None),
        ([Fraction(0)] * 9 + [Fraction(90)], None),
        ([Fraction(2)] * 9 + [Fraction(100)], 12),
    ],
)
def test_a_mean_says_nothing_of_a_few(scores, mean):
    assert cells(people(10, scores=scores))[0].means == {"a": mean}


SECTORS = st.sampled_from(["trade", "building", "transport", ""])


@given(st.lists(st.tuples(SECTORS, st.one_of(st.none(), st.integers(0, 100))), max_size=60))
def test_no_difference_tells_of_a_few(draws):
    asked = [
        Respondent(str(n), n, "micro", sector, {"a": None if s is None else Fraction(s)})
        for n, (sector, s) in enumerate(draws)
    ]

    found = {cell.sector: cell for cell in cells(asked)}

    assert all(cell.count >= 10 for cell in found.values())
    if "" in found:
        shown = {key for name, cell in found.items() if name for key in cell.members}
        left = [one for one in asked if one.company not in shown]
        known = [one for one in left if one.scores["a"] is not None]
        assert len(left) == 0 or len(left) >= FEWEST_KNOWN or len(found) == 1
        assert len(known) == 0 or len(known) >= FEWEST_KNOWN or len(found) == 1
    else:
        assert found == {}


def members(count, *, changed=0):
    return {str(n): n + (1000 if n < changed else 0) for n in range(count)}


@pytest.mark.parametrize(
    ("after", "renews"),
    [
        ({"": members(20), "trade": members(10)}, False),
        ({"": members(21), "trade": members(11)}, False),
        ({"": members(24), "trade": members(14)}, False),
        ({"": members(25), "trade": members(15)}, True),
        ({"": members(25), "trade": members(14)}, False),
        ({"": members(25), "trade": members(10)}, True),
        ({"": members(20, changed=5), "trade": members(10, changed=5)}, True),
        ({"": members(21)}, False),
    ],
)
def test_two_nights_tell_of_no_one_company(after, renews):
    before = {"": members(20), "trade": members(10)}

    assert may_renew(before, after) is renews


def test_of_those_who_work_alone_eleven_have_to_change():
    assert not may_renew({"": members(20)}, {"": members(30)}, fewest=11)
    assert may_renew({"": members(20)}, {"": members(31)}, fewest=11)


def test_the_first_night_publishes():
    assert may_renew({}, {"": members(10)})


@pytest.mark.parametrize(
    ("naf", "family"),
    [("10.71C", "industry"), ("47.11B", "trade"), ("62.01Z", "digital"), ("", ""), ("é", "")],
)
def test_a_trade_has_its_family(naf, family):
    assert sector_of(naf) == family
    assert bool(sector_words(family)) is bool(family)


# --- From the diagnostics ---


SIRENS = count(100_000_000)


def siret():
    """Return that of another company each time."""
    return f"{next(SIRENS)}00015"


def firms(number, *, naf="47.11B", answers=BAKER):
    for _firm in range(number):
        made = MembershipFactory(company=CompanyFactory(naf_code=naf, siret=siret()))
        diagnostic = finished(answers)
        services.claim(
            diagnostic_id=diagnostic.pk, company_id=made.company_id, user_id=made.user_id, now=NOW
        )
    return made


VARIED = [BAKER | {"s_goals": goal, "x_backup": backup}
          for goal in ("none", "list", "plan") for backup in ("no", "tested")]  # fmt: skip


def varied(wanted, **more):
    for number in range(wanted):
        made = firms(1, answers=VARIED[number % len(VARIED)], **more)
    return made


@pytest.mark.django_db
@pytest.mark.usefixtures("commits")
def test_a_company_counts_once_by_its_latest_and_nobodys_do_not():
    last = varied(9)
    again = finished(BAKER, now=NOW + timedelta(days=2))
    services.claim(
        diagnostic_id=again.pk, company_id=last.company_id, user_id=last.user_id, now=NOW
    )
    finished(BAKER)

    assert benchmarks.refresh(now=NOW) == 0
    varied(1)
    assert benchmarks.refresh(now=NOW) == 2
    cell = BenchmarkCell.objects.get(sector="")
    assert cell.count == 10
    assert cell.members[last.company.siren] == again.pk


@pytest.mark.django_db
@pytest.mark.usefixtures("commits")
def test_two_places_of_one_company_count_once():
    last = varied(9)
    again = finished(BAKER, now=NOW + timedelta(days=2))
    other = MembershipFactory(
        company=CompanyFactory(naf_code="47.11B", siret=f"{last.company.siren}00023")
    )
    services.claim(
        diagnostic_id=again.pk, company_id=other.company_id, user_id=other.user_id, now=NOW
    )

    assert benchmarks.refresh(now=NOW) == 0


@pytest.mark.django_db
@pytest.mark.usefixtures("commits")
def test_the_nearest_cell_is_shown_with_its_number(client):
    varied(10)
    firms(5, naf="43.21A", answers=BAKER)
    benchmarks.refresh(now=NOW)
    trade, building = Diagnostic.objects.order_by("pk").first(), Diagnostic.objects.last()
    nobodys, alone = finished(BAKER), finished(TIDY)

    found = {one.pk: beside(one) for one in (trade, building, nobodys, alone)}

    assert (found[trade.pk].count, "commerce" in found[trade.pk].who) == (10, True)
    assert found[building.pk].count == 15
    assert found[nobodys.pk].count == 15
    assert found[alone.pk] is None
    html = client.get(f"/diagnostic/{trade.run.key}/resultat/").content.decode()
    assert "10 entreprises" in html
    assert client.get(f"/diagnostic/{trade.run.key}/rapport.pdf").content.startswith(b"%PDF")
    assert "À côté" not in client.get(f"/diagnostic/{alone.run.key}/resultat/").content.decode()


@pytest.mark.django_db
@pytest.mark.usefixtures("commits")
def test_what_was_published_stays_until_enough_have_changed():
    varied(10)
    benchmarks.refresh(now=NOW)
    before = list(BenchmarkCell.objects.order_by("pk").values())
    varied(4)

    assert benchmarks.refresh(now=NOW + timedelta(days=1)) == 0
    assert list(BenchmarkCell.objects.order_by("pk").values()) == before
    varied(1)
    assert benchmarks.refresh(now=NOW + timedelta(days=2)) == 2


@pytest.mark.django_db
@pytest.mark.usefixtures("commits")
def test_a_cell_that_comes_back_is_compared_with_what_was_last_shown():
    last = varied(10)
    benchmarks.refresh(now=NOW)
    left = Diagnostic.objects.get(company=last.company_id)
    Diagnostic.objects.filter(pk=left.pk).delete()

    benchmarks.refresh(now=NOW)
    gone = beside(Diagnostic.objects.first())
    varied(1)
    one_other = benchmarks.refresh(now=NOW)
    still_gone = beside(Diagnostic.objects.first())
    varied(3)
    five_others = benchmarks.refresh(now=NOW)

    assert (gone, one_other, still_gone) == (None, 0, None)
    assert (five_others, beside(Diagnostic.objects.first()).count) == (2, 13)


@pytest.mark.django_db
@pytest.mark.usefixtures("commits")
def test_a_sector_that_went_and_comes_back_is_compared_too():
    varied(10)
    varied(10, naf="43.21A")
    benchmarks.refresh(now=NOW)
    Diagnostic.objects.filter(pk=Diagnostic.objects.last().pk).delete()
    varied(6, naf="62.01Z")
    without = benchmarks.refresh(now=NOW)
    varied(1, naf="43.21A")
    varied(5, naf="62.01Z")

    assert without == 2  # the whole size and trade
    assert benchmarks.refresh(now=NOW) == 0
    assert set(
        BenchmarkCell.objects.filter(is_shown=True).values_list("sector", flat=True)
    ) == {"", "trade"}  # fmt: skip
