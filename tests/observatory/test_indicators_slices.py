"""From cells to tables and charts, and the registry that says what they mean."""

import re

import pytest

from emn.lib.palette import palette
from emn.territory.enums import OutlineKind
from emn.territory.geometry.drawing import View
from emn.territory.ground import EpciShape, MapGround
from observatory import maps
from observatory.indicators.charts import for_file, for_page, spec
from observatory.indicators.registry import Indicator, indicators, registry
from observatory.indicators.slices import (
    Point,
    Words,
    class_of,
    classes,
    headline,
    slices,
    sparkline,
)
from observatory.services.cube import _WHEN
from observatory.services.cube_portal import PORTAL_BUILDERS
from observatory.services.cube_sourced import SOURCED

WORDS = Words(item=str.upper, activity=str, size=str, place=str, period=str)


def point(value=1.0, **more):
    values = {
        "level": "D", "territory": "57", "activity": "", "size": "", "item": "", "period": "2026",
        "value": value, "flag": "" if value is not None else "s",
    }  # fmt: skip
    return Point(**values | more)


def table(view, points):
    found = slices(points, (view,), WORDS)
    return found[0] if found else None


def rows(found):
    return [(line.label, [value.number for value in line.values]) for line in found.lines]


def test_totals_make_the_evolution_in_the_order_of_the_periods():
    points = [point(3, period="2025"), point(2, period="2024"), point(9, item="a", period="2025")]

    assert rows(table("evolution", points)) == [("2024", [2]), ("2025", [3])]


def test_items_that_do_not_add_up_have_a_column_each():
    points = [point(76, item="a", period="2023"), point(5, item="b", period="2023"),
              point(79, item="a", period="2024")]  # fmt: skip
    found = table("evolution", points)

    assert found.columns == ("A", "B")
    assert rows(found) == [("2023", [76, 5]), ("2024", [79, None])]


def test_items_are_ranked_by_their_last_value_with_three_periods_at_most():
    points = [
        *(point(year - 2000, item="low", period=str(year)) for year in range(2020, 2025)),
        point(99, item="high", period="2024"),
    ]
    found = table("items", points)

    assert found.columns == ("2022", "2023", "2024")
    assert rows(found) == [("HIGH", [None, None, 99]), ("LOW", [22, 23, 24])]


def test_sub_classes_stand_under_their_division():
    points = [point(5, activity="62"), point(9, activity="95"), point(4, activity="62.02A"),
              point(9, activity="95.11Z"), point(1, activity="62.01Z")]  # fmt: skip
    found = table("activities", points)

    assert [(line.code, line.depth) for line in found.lines] == [
        ("95", 0), ("95.11Z", 1), ("62", 0), ("62.02A", 1), ("62.01Z", 1),
    ]  # fmt: skip


def test_places_show_their_last_period_by_name():
    points = [point(1, level="E", territory="b"), point(2, level="E", territory="a"),
              point(7, level="E", territory="a", period="2025")]  # fmt: skip

    assert rows(table("epci", points)) == [("a", [2]), ("b", [1])]


def test_a_table_of_secrets_alone_is_not_shown():
    assert table("items", [point(None, item="a"), point(None, item="b")]) is None


def test_the_headline_is_the_last_total_or_the_leading_item():
    points = [point(3, period="2025"), point(4, period="2026"), point(5, item="x", period="2026"),
              point(None, period="2027"), point(8, level="C", period="2028")]  # fmt: skip

    assert headline(points).value == 4
    assert headline(points, lead="x").value == 5
    assert headline([]) is None


def test_classes_hold_as_many_places_each_and_zero_is_apart():
    limits = classes({str(value): float(value) for value in range(11)})

    assert limits == [1, 3, 5, 7, 9]
    assert [class_of(value, limits) for value in (0, 1, 2, 3, 10)] == [0, 1, 1, 2, 5]
    assert classes({"a": 0.0}) == []
    assert classes({"a": 4.0, "b": 4.0}) == [4.0]


def test_a_curve_needs_three_values():
    assert sparkline([1, 2]) == ""
    assert sparkline([0, 0, 0]) == ""
    assert sparkline([0, 5, 10], width=104, height=24) == "M2.0,22.0 L52.0,12.0 L102.0,2.0"


def drawn(view, points, **more):
    options = {"width": "wide", "scale": 0, "write": str}
    return spec(table(view, points), **options | more)


@pytest.mark.parametrize(
    ("numbers", "marks"), [((1.0, 2.0), [0, 1, 2]), ((1.5, 2.0), None), ((1.0, 9.0), None)]
)
def test_a_few_are_marked_one_by_one(numbers, marks):
    points = [point(number, period=str(2025 + place)) for place, number in enumerate(numbers)]

    assert drawn("evolution", points)["layer"][0]["encoding"]["y"]["axis"].get("values") == marks


def test_a_break_is_ruled_between_the_years_it_parts():
    points = [point(year, period=str(year)) for year in (2025, 2026, 2027)]

    def rules(day):
        return [
            layer["encoding"]["x"]["datum"]
            for layer in drawn("evolution", points, breaks=[day])["layer"]
            if layer["mark"]["type"] == "rule"
        ]

    assert rules("2027-01-01") == [2026.5]
    assert rules("2040-01-01") == []


def test_several_items_are_small_multiples_and_one_value_is_no_chart():
    points = [point(1, item=item, period=year) for item in "ab" for year in ("2024", "2025")]

    assert drawn("evolution", points)["facet"]["field"] == "column"
    assert drawn("evolution", points[:1]) is None
    assert drawn("items", points[:1]) is None


def test_bars_reach_the_top_of_the_scale_where_there_is_one():
    points = [point(20, item="a"), point(40, item="b")]

    def domain(**more):
        return drawn("items", points, **more)["layer"][0]["encoding"]["x"]["scale"]["domain"]

    assert domain() == [0, 40]
    assert domain(scale=100) == [0, 100]


def test_a_drawing_takes_the_colours_of_the_page_and_a_file_has_its_own():
    vega = (
        '<svg xmlns:xlink="x" class="marks" width="10" height="20"><g role="graphics-object" '
        'aria-label="axis" fill="#010103" font-family="Arial"></g></svg>'
    )
    page = for_page(vega)
    file = for_file(page, title="A & B", source="<S>", colours=palette().light)

    assert 'fill="var(--river)"' in page
    assert not re.search("aria-label|role=|font-family|#01", page)
    assert 'fill="#0b5566"' in file
    assert "A &amp; B" in file
    assert "&lt;S&gt;" in file
    assert "var(" not in file


@pytest.mark.parametrize("indicator", indicators().values(), ids=lambda entry: entry.code)
def test_an_indicator_says_everything_in_three_languages_and_can_be_built(indicator: Indicator):
    for words in (indicator.title, indicator.unit, indicator.text, indicator.population,
                  indicator.method, *(entry.text for entry in indicator.breaks)):  # fmt: skip
        assert set(words) == {"fr", "de", "en"}
        assert all(words.values())
    builders = {*SOURCED, *PORTAL_BUILDERS, "register_share", *(f"register_{w}" for w in _WHEN)}
    assert indicator.builder in builders
    assert indicator.cadence in {"change", "monthly", "quarterly"}
    assert indicator.is_protected == (indicator.builder in {"needs", "gap", "maturity"})


def test_a_single_one_is_counted_in_the_singular_and_zero_too_in_french():
    stock = indicators()["etablissements-tic"]

    assert [stock.unit_of(number, "fr") for number in (0, 1, 2)] == [
        "établissement", "établissement", "établissements",
    ]  # fmt: skip
    assert [stock.unit_of(number, "de") for number in (0, 1, 2)] == [
        "Betriebe",
        "Betrieb",
        "Betriebe",
    ]


def test_every_level_of_proof_of_the_files_has_its_words():
    for build in SOURCED.values():
        if build.__name__ not in {"population", "fibre"}:
            proofs = {source["proof"] for source in build(None).sources}
            assert proofs <= set(registry().proofs)


def test_a_place_without_a_line_is_named_and_leads_nowhere(monkeypatch):
    view = View.around([(6.0, 49.0), (7.0, 49.5)])
    shapes = [EpciShape("200039865", "Metz", "M0 0"), EpciShape("200039907", "Messin", "M1 1")]
    ground = MapGround(view, shapes, [], OutlineKind.SCHEMATIC, "")
    monkeypatch.setattr(maps, "map_ground", lambda: ground)
    found = table("epci", [point(12, level="E", territory="200039865")])

    drawn = maps.draw(found, {"200039865": "Metz : 12"})

    assert '<a href="#p200039865" aria-label="Metz : 12">' in drawn
    assert "#p200039907" not in drawn
    assert "<title>Messin</title>" in drawn
