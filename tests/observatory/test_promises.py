"""What the centre promises is measured on the rows themselves."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from diagnostics.services import signing
from directory.models import Complaint, Need, Provider
from observatory import promise_queries
from observatory.models import ServiceLevel
from observatory.services import promises
from tests.diagnostics.test_visits import VISIT
from tests.directory.complaints import admitted
from tests.directory.factories import published_card
from tests.directory.needs import confirmed, qualified
from tests.observatory.funding import signed_visit

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]
MONDAY = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 28, 4, 30, tzinfo=UTC)


def measured(key, *, now=NOW):
    promises.measure(now=now)
    row = ServiceLevel.objects.get(promise=key)
    return row.cases, row.value, row.kept


def copies(row, **fields):
    """Other rows like this one, each with one value of each field."""
    for values in zip(*fields.values(), strict=True):
        row.pk = None
        for name, value in zip(fields, values, strict=True):
            setattr(row, name, value)
        row.save(force_insert=True)


def test_the_first_call_is_counted_in_working_days_and_silence_breaks_the_promise():
    called = qualified()
    waiting = confirmed()
    Need.objects.filter(pk__in=[called.pk, waiting.pk]).update(confirmed_at=NOW - timedelta(900))
    days = [timedelta(1), timedelta(7), timedelta(8), timedelta(4)]
    copies(
        Need.objects.get(pk=called.pk),
        confirmed_at=[MONDAY] * 4,
        qualified_at=[MONDAY + length for length in days],
    )
    copies(Need.objects.get(pk=waiting.pk), confirmed_at=[MONDAY, NOW - timedelta(days=1)])

    # Of 1, 5, 6, 4 working days, and one never called; the last has time left.
    assert measured("first_call") == (5, 4.5, 60)


def test_a_figure_is_not_given_of_four_cases():
    called = qualified()
    Need.objects.filter(pk=called.pk).update(confirmed_at=MONDAY, qualified_at=MONDAY)
    copies(Need.objects.get(pk=called.pk), confirmed_at=[MONDAY] * 3, qualified_at=[MONDAY] * 3)

    assert measured("first_call") == (4, None, None)


def test_a_complaint_is_kept_when_it_ends_by_its_day(monkeypatch):
    monkeypatch.setattr(promise_queries, "FEWEST_CASES", 1)
    complaint = admitted()
    due_on = complaint.due_on
    Complaint.objects.filter(pk=complaint.pk).update(
        admitted_at=MONDAY, due_on=MONDAY.date() + timedelta(days=10)
    )
    assert due_on
    assert measured("complaint") == (0, None, None)


def test_a_visit_without_its_report_is_a_broken_promise_after_ten_days(monkeypatch):
    monkeypatch.setattr(promise_queries, "FEWEST_CASES", 1)
    first = signed_visit(1)
    signing.issue(diagnostic_id=first.pk, now=VISIT + timedelta(days=9))
    signed_visit(2)

    assert measured("diagnostic", now=VISIT + timedelta(days=9, hours=1)) == (1, 9, 100)
    assert measured_again(VISIT + timedelta(days=10)) == (2, 9, 50)


def measured_again(now):
    ServiceLevel.objects.all().delete()
    return measured("diagnostic", now=now)


def test_the_freshness_is_the_share_confirmed_within_a_year():
    cards = [published_card(name=f"Fiche {number}") for number in range(5)]
    Provider.objects.update(confirmed_at=NOW - timedelta(days=10))
    Provider.objects.filter(pk=cards[0].pk).update(confirmed_at=NOW - timedelta(days=366))

    assert measured("freshness") == (5, 80, 80)


def test_measuring_twice_a_day_keeps_one_reading():
    promises.measure(now=NOW)
    promises.measure(now=NOW + timedelta(hours=1))

    assert ServiceLevel.objects.count() == len(promise_queries.PROMISES)


def test_the_page_says_what_is_promised_kept_and_how_it_is_counted(
    client, django_assert_num_queries
):
    page = reverse("promises")
    assert "Première mesure" in client.get(page).content.decode()
    promises.measure(now=NOW - timedelta(days=1))
    promises.measure(now=NOW)
    ServiceLevel.objects.filter(promise="first_call", measured_on=NOW.date()).update(
        cases=12, value=2, kept="91.7"
    )

    with django_assert_num_queries(3):
        html = client.get(page).content.decode()

    assert "91,7\xa0%" in html.replace("&nbsp;", "\xa0")
    assert "Trop peu de cas (0)" in html
    assert "28 novembre 2026" in html
