"""What a quote covers and what it adds up to: pure functions."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.enums import CharterClause
from directory.quotes.completeness import DURATIONS, ENDS, LINES, Asked, coverage, covered
from directory.quotes.money import Every, Line, Tax, read_lines, rounded, totals, write_line
from directory.quotes.parts import rules
from tests.directory import quoting

ASKED = rules().asked
HOLLOW = rules().hollow
FIELDS = [(part, entry) for part, asked in ASKED.items() for entry in asked]

amounts = st.decimals(0, 100_000, places=2)
lines = st.builds(
    Line,
    label=st.text(min_size=1, max_size=20),
    quantity=st.decimals(0, 1_000, places=2),
    price=amounts,
    vat=st.sampled_from([Decimal(rate) for rate in rules().vat_rates]),
    every=st.sampled_from(Every),
    months=st.integers(0, 120),
    ends=st.text(max_size=20),
)


def found(content):
    return {entry.part: entry.missing for entry in coverage(content, ASKED, hollow=HOLLOW)}


def test_the_parts_are_the_seven_commitments_in_their_order():
    assert list(ASKED) == CharterClause.values


def test_every_language_has_its_words():
    for part in rules().parts:
        assert set(part.titles) == {"fr", "de", "en"}
        for field in part.fields:
            assert set(field.labels) == set(field.helps) == {"fr", "de", "en"}
            assert all(field.labels.values())
            assert all(field.helps.values())


def test_an_empty_quote_covers_nothing_and_a_whole_one_all():
    assert covered(coverage({}, ASKED, hollow=HOLLOW)) == 0
    assert covered(coverage(quoting.whole_content(), ASKED, hollow=HOLLOW)) == 7


@pytest.mark.parametrize(
    ("part", "entry"), [(p, e) for p, e in FIELDS if e.least or e.is_check], ids=str
)
@pytest.mark.parametrize("said", ["", "à définir", None])
def test_each_thing_asked_counts_alone(part, entry, said):
    content = quoting.whole_content() | {entry.key: said}

    lacks = {name: missing for name, missing in found(content).items() if missing}

    assert lacks == {part: (entry.key,)}


def test_what_is_optional_may_stay_empty():
    optional = [entry.key for _part, entry in FIELDS if not entry.least and not entry.is_check]

    content = quoting.whole_content() | dict.fromkeys(optional, "")

    assert optional == ["options"]
    assert not any(found(content).values())


@pytest.mark.parametrize(
    ("changed", "lacks"),
    [
        ({"months": 0}, (DURATIONS,)),
        ({"ends": " "}, (ENDS,)),
        ({"months": 0, "ends": ""}, (DURATIONS, ENDS)),
    ],
)
def test_a_recurring_cost_says_how_long_and_how_to_end_it(changed, lacks):
    once, monthly = quoting.LINES
    rows = [write_line(once), write_line(replace(monthly, **changed))]

    assert found(quoting.whole_content() | {"lines": rows})["costs"] == lacks


def test_no_price_is_no_cost():
    assert found(quoting.whole_content() | {"lines": []})["costs"] == (LINES,)


@given(st.dictionaries(st.sampled_from([e.key for _p, e in FIELDS]), st.text(max_size=60)))
def test_writing_more_never_covers_less(content):
    words = "Une réponse entière, assez longue pour compter partout."
    more = content | {
        entry.key: True if entry.is_check else words
        for _part, entry in FIELDS
        if not content.get(entry.key)
    }

    before = covered(coverage(content, ASKED, hollow=HOLLOW))
    assert before <= covered(coverage(more, ASKED, hollow=HOLLOW))


def test_hollow_answers_say_nothing_whatever_their_case():
    asked = {"part": [Asked("a", is_check=False, least=1)]}
    for said in ("À définir.", "TBD", "  à   préciser "):
        assert covered(coverage({"a": said}, asked, hollow=HOLLOW)) == 0
    assert covered(coverage({"a": "rien"}, asked, hollow=HOLLOW)) == 1


def test_worked_vector():
    """2 400 € once; 15,90 € a month for 24; twice 99,99 € a year for 25 months, hence 3 years."""
    found_ = totals(
        [
            *quoting.LINES,
            Line("Licence", Decimal(2), Decimal("99.99"), Decimal("5.5"), Every.YEAR, 25, "an"),
        ]
    )

    assert found_.once == Decimal("2400.00")
    assert found_.recurring == Decimal("981.54")  # 381.60 + 3 × 199.98
    assert found_.monthly == Decimal("32.57")  # 15.90 + 199.98 / 12 = 32.565, half up
    assert found_.taxes == (
        Tax(Decimal(20), Decimal("2781.60"), Decimal("556.32")),
        Tax(Decimal("5.5"), Decimal("599.94"), Decimal("33.00")),  # 32.9967
    )
    assert found_.before_tax == Decimal("3381.54")
    assert found_.with_tax == Decimal("3970.86")


def test_prices_of_a_year_are_divided_once():
    """Six lines of 0,01 € a year: 0,06 / 12 = 0,005, half up; six twelfths fall short of it."""
    row = Line("Timbre", Decimal(1), Decimal("0.01"), Decimal(20), Every.YEAR, 12, "an")

    assert totals([row] * 6).monthly == Decimal("0.01")


def test_tax_is_rounded_once_a_rate():
    """Three lines of 0,33 € at 5,5 %: 0,99 × 5,5 % = 0,05445, not three times 0,02."""
    row = Line("Timbre", Decimal(1), Decimal("0.33"), Decimal("5.5"))

    assert totals([row] * 3).taxes[0].tax == Decimal("0.05")


@given(st.lists(lines, max_size=8), st.randoms())
def test_the_order_of_lines_does_not_matter_and_the_sums_hold(rows, random):
    found_ = totals(rows)
    shuffled = list(rows)
    random.shuffle(shuffled)

    assert totals(shuffled) == found_
    assert found_.before_tax == sum((line.whole for line in rows), Decimal(0))
    assert sum((tax.base for tax in found_.taxes), Decimal(0)) == found_.before_tax
    assert found_.with_tax == rounded(found_.with_tax)
    assert found_.with_tax >= found_.before_tax >= 0
    for tax in found_.taxes:
        assert abs(tax.tax - tax.base * tax.rate / 100) <= Decimal("0.005")


@given(lines)
def test_a_line_survives_the_database(line):
    assert read_lines([write_line(line)]) == [line]
