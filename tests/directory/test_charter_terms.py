"""Dates of an adhesion, pure; then the same question in SQL, and what the night writes."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.charter import terms
from directory.charter.terms import Term, is_in_force
from directory.enums import AdhesionStatus
from directory.models import Adhesion, AdhesionEvent
from directory.services import charter_checks, charter_terms
from directory.tasks import keep_charter_terms
from emn.lib.calendar import add_months
from emn.mailings.models import OutboundEmail
from tests.directory import charter as make
from tests.directory.factories import NOW, UserFactory

DAYS = st.dates(date(2026, 1, 1), date(2030, 12, 31))


def test_add_months_worked_vector():
    assert add_months(date(2026, 11, 23), 24) == date(2028, 11, 23)
    assert add_months(date(2028, 2, 29), 24) == date(2030, 2, 28)
    assert add_months(date(2026, 8, 31), 6) == date(2027, 2, 28)
    assert add_months(date(2026, 1, 15), -13) == date(2024, 12, 15)


@given(DAYS, st.integers(0, 60))
def test_months_are_never_skipped(day, months):
    later = add_months(day, months)

    assert (later.year - day.year) * 12 + later.month - day.month == months
    assert later.day <= day.day


@given(DAYS, st.integers(1, 800), DAYS)
def test_in_force_from_the_first_day_to_the_eve_of_the_last(start, length, on):
    term = Term(starts_on=start, expires_on=start + timedelta(days=length))

    assert is_in_force(term, on=on) == (start <= on < term.expires_on)


@given(DAYS, st.integers(0, 200), st.integers(1, 200), DAYS, DAYS)
def test_a_suspension_or_an_end_only_ever_takes_days_away(start, wait, length, ended, on):
    suspended = start + timedelta(days=wait)
    plain = Term(starts_on=start, expires_on=start + timedelta(days=730))
    both = Term(
        starts_on=start,
        expires_on=plain.expires_on,
        suspended_on=suspended,
        suspended_until=suspended + timedelta(days=length),
        ended_on=ended,
    )

    assert is_in_force(both, on=on) == (
        is_in_force(plain, on=on)
        and on < ended
        and not suspended <= on < suspended + timedelta(days=length)
    )


@given(
    DAYS,
    st.tuples(st.integers(1, 800), st.integers(0, 300), st.integers(1, 200)),
    DAYS,
    st.integers(0, 900),
)
def test_what_the_index_keeps_answers_as_the_term_does(start, lengths, today, later):
    """The badge of a row written on `today` is right on every later day, without a new write."""
    length, wait, pause = lengths
    term = Term(
        starts_on=start,
        expires_on=start + timedelta(days=length),
        suspended_on=start + timedelta(days=wait),
        suspended_until=start + timedelta(days=wait + pause),
    )
    if today < term.suspended_on:  # a suspension begins the day it is decided, hence written
        term = Term(starts_on=start, expires_on=term.expires_on)
    on = max(today, start) + timedelta(days=later)
    shown = terms.shown_between(term, today=max(today, start))

    first, last = shown or (None, None)
    assert (terms.signatory_since(start, first, last, on=on) is not None) == is_in_force(
        term, on=on
    )


def test_reminders_at_90_30_and_7_days():
    end = date(2028, 11, 23)
    due = [
        terms.reminders_due(
            expires_on=end, reminder_days=(90, 30, 7), on=end - timedelta(days=days)
        )
        for days in (91, 90, 31, 30, 8, 7, 0)
    ]

    assert due == [0, 1, 1, 2, 2, 3, 3]


@pytest.mark.django_db
@pytest.mark.parametrize("offset", [-1, 0, 1, 99, 100, 101, 129, 130, 131, 729, 730, 731, 732])
def test_sql_and_pure_agree(offset):
    adhesion = make.active()
    Adhesion.objects.filter(pk=adhesion.pk).update(
        suspended_on=make.TODAY + timedelta(days=100), suspended_until=make.TODAY + timedelta(130)
    )
    adhesion.refresh_from_db()
    on = make.TODAY + timedelta(days=offset)

    found = Adhesion.objects.in_force(on=on).exists()

    assert found == is_in_force(adhesion.term, on=on)
    assert Adhesion.objects.suspended(on=on).exists() == terms.is_suspended(adhesion.term, on=on)


@pytest.mark.django_db
def test_term_ends_on_day_zero_before_any_task_has_run():
    adhesion = make.active()
    last = date(2028, 11, 22)

    assert adhesion.expires_on == date(2028, 11, 23)
    assert adhesion.status_on(last) == AdhesionStatus.ACTIVE
    assert adhesion.status_on(last + timedelta(days=1)) == AdhesionStatus.EXPIRED


def sent(kind):
    return OutboundEmail.objects.filter(kind=f"directory/emails/{kind}").count()


def at(day):
    """Noon of a day so many days before the term."""
    return NOW.replace(year=2028) - timedelta(days=day)


@pytest.mark.django_db
def test_reminders_are_sent_once_each():
    adhesion = make.active()

    for day in (91, 90, 90, 60, 30, 7, 1):
        for pk in charter_terms.due_adhesions(now=at(day)):
            charter_terms.keep_term(adhesion_id=pk, now=at(day))

    assert sent("charter_reminder") == 3
    assert Adhesion.objects.get(pk=adhesion.pk).status == AdhesionStatus.ACTIVE


@pytest.mark.django_db
def test_a_missed_reminder_is_not_doubled():
    adhesion = make.active()

    charter_terms.keep_term(adhesion_id=adhesion.pk, now=at(5))
    charter_terms.keep_term(adhesion_id=adhesion.pk, now=at(4))

    assert sent("charter_reminder") == 1


@pytest.mark.django_db
def test_no_reminder_while_the_centre_reads_the_renewal():
    adhesion = make.active()
    make.submitted(adhesion.company, now=at(60))

    charter_terms.keep_term(adhesion_id=adhesion.pk, now=at(30))

    assert sent("charter_reminder") == 0


@pytest.mark.django_db
def test_the_night_writes_the_end_once():
    adhesion = make.active()

    assert charter_terms.due_adhesions(now=at(0)) == [adhesion.pk]
    charter_terms.keep_term(adhesion_id=adhesion.pk, now=at(0))
    charter_terms.keep_term(adhesion_id=adhesion.pk, now=at(-1))

    adhesion.refresh_from_db()
    assert (adhesion.status, adhesion.ended_on) == ("expired", date(2028, 11, 23))
    assert AdhesionEvent.objects.filter(kind="expired").count() == 1
    assert sent("charter_expired") == 1


@pytest.mark.django_db
def test_an_end_written_late_bears_its_own_day():
    adhesion = make.active()

    charter_terms.keep_term(adhesion_id=adhesion.pk, now=at(-9))

    adhesion.refresh_from_db()
    assert adhesion.ended_on == date(2028, 11, 23)


@pytest.mark.django_db
def test_a_suspension_is_over_by_itself():
    adhesion = make.active()
    charter_checks.suspend(
        adhesion_id=adhesion.pk,
        by_id=UserFactory().pk,
        until=make.TODAY + timedelta(days=30),
        reason="Mention absente.",
        now=NOW,
    )

    adhesion.refresh_from_db()
    assert adhesion.status_on(make.TODAY + timedelta(days=29)) == AdhesionStatus.SUSPENDED
    assert adhesion.status_on(make.TODAY + timedelta(days=30)) == AdhesionStatus.ACTIVE
    charter_terms.keep_term(adhesion_id=adhesion.pk, now=make.days(30))
    adhesion.refresh_from_db()
    assert adhesion.status == AdhesionStatus.ACTIVE
    assert sent("charter_resumed") == 1


@pytest.mark.django_db
def test_a_company_that_ceases_in_the_register_is_a_signatory_no_more():
    adhesion, other = make.active(), make.active()
    make.unit(adhesion.siren, state="C")

    assert charter_terms.follow_register(now=make.days(1)) == 1

    adhesion.refresh_from_db()
    other.refresh_from_db()
    assert (adhesion.status, adhesion.ended_by) == ("expired", "closed")
    assert other.status == AdhesionStatus.ACTIVE


@pytest.mark.django_db
def test_the_end_of_a_document_is_told_unless_a_later_one_is_there():
    adhesion = make.active()
    until = make.TODAY + timedelta(days=40)
    for kind in ("liability", "cyber"):
        make.accept(make.with_piece(adhesion, kind=kind, valid_until=until), clauses=())
    make.with_piece(adhesion, kind="cyber", valid_until=until + timedelta(365), data=make.PDF * 2)

    for day in (9, 10, 11, 12, 34, 35, 41):
        for pk in charter_terms.ending_evidence(now=make.days(day)):
            charter_terms.remind_of_evidence(evidence_id=pk, now=make.days(day))

    assert sent("charter_evidence_ending") == 2


@pytest.mark.django_db
def test_two_documents_that_end_the_same_day_are_both_told():
    adhesion = make.active()
    until = make.TODAY + timedelta(days=40)
    for kind in ("liability", "cyber"):
        make.accept(make.with_piece(adhesion, kind=kind, valid_until=until), clauses=())

    for pk in charter_terms.ending_evidence(now=make.days(12)):
        charter_terms.remind_of_evidence(evidence_id=pk, now=make.days(12))

    assert sent("charter_evidence_ending") == 2


@pytest.mark.django_db(transaction=True)
def test_the_task_may_run_twice():
    make.active()

    keep_charter_terms()
    keep_charter_terms()
