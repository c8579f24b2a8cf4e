from datetime import UTC, date, datetime

import pytest
from django.template import engines
from django.utils import translation
from django.utils.formats import date_format

FIRST = date(2026, 12, 1)
FORMATS = ("DATE_FORMAT", "MONTH_DAY_FORMAT", "LONG_DATE_FORMAT", "LONG_MONTH_DAY_FORMAT",
           "DAY_OF_MONTH_FORMAT")  # fmt: skip


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("fr", ["1er décembre 2026", "1er décembre", "mardi 1er décembre 2026",
                "mardi 1er décembre", "1er"]),
        ("de", ["1. Dezember 2026", "1. Dezember", "Dienstag, 1. Dezember 2026",
                "Dienstag, 1. Dezember", "1."]),
        ("en", ["1 December 2026", "1 December", "Tuesday 1 December 2026",
                "Tuesday 1 December", "1"]),
    ],
)  # fmt: skip
def test_each_language_writes_the_first_of_a_month_its_own_way(language, written):
    with translation.override(language):
        assert [date_format(FIRST, name) for name in FORMATS] == written


@pytest.mark.parametrize("day", [2, 11, 21, 31])
def test_french_has_nothing_behind_the_other_days(day):
    with translation.override("fr"):
        assert date_format(date(2026, 12, day), "MONTH_DAY_FORMAT") == f"{day} décembre"


def test_template_that_names_no_format_and_hours_say_it_too():
    page = engines["django"].from_string("{{ day }} / {{ at }} / {{ day|date }} / {{ day|day }}")

    with translation.override("fr"):
        said = page.render({"day": FIRST, "at": datetime(2026, 11, 30, 23, 30, tzinfo=UTC)})

    assert said == (
        "1er décembre 2026 / 1er décembre 2026 00:30 / 1er décembre 2026 / mardi 1er décembre 2026"
    )
