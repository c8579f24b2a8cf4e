"""The clocks: what is due happens once, whatever the workers; time is moved, never slept."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection

from directory.models import Need, Proposal
from directory.services import need_clocks, needs, proposals
from directory.services.need_clocks import tick
from tests.directory.factories import NOW
from tests.directory.needs import confirmed, in_contact, mails, matchable, proposed, qualified

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]


def after(**length):
    return NOW + timedelta(**length)


def states(need):
    return list(need.proposals.order_by("pk").values_list("status", flat=True))


def test_nothing_is_due_before_72_hours():
    for _number in range(4):
        matchable()
    proposed()

    assert tick(now=after(hours=71, minutes=59)) == 0


def test_silent_providers_are_replaced_at_72_hours():
    for _number in range(5):
        matchable()
    need = proposed()

    done = tick(now=after(hours=72))

    assert states(need) == ["silent"] * 3 + ["sent"] * 2
    assert (done, mails("too_late").count(), mails("replaced").count()) == (4, 3, 1)
    assert tick(now=after(hours=72)) == 0


def test_what_a_lost_task_left_is_proposed():
    need = qualified()
    for _number in range(3):
        matchable()

    tick(now=after(minutes=10))

    assert states(need) == ["sent"] * 3


def test_a_new_card_answers_a_need_that_had_none():
    need = proposed()
    assert need.unanswered_at

    matchable()
    tick(now=after(days=2))

    need.refresh_from_db()
    assert (need.status, need.unanswered_at, states(need)) == ("proposed", None, ["sent"])


def test_the_honest_mail_the_adviser_then_the_closing():
    matchable()
    need = proposed()
    tick(now=after(days=4))

    said = []
    for day in range(5, 60):
        before = mails("warning").count(), mails("closed").count()
        calls = Need.objects.for_adviser().count()
        tick(now=after(days=day))
        if (mails("warning").count(), mails("closed").count()) != before:
            said.append((day, "mail"))
        if Need.objects.for_adviser().count() > calls:
            said.append((day, "adviser"))

    need.refresh_from_db()
    assert said == [(9, "mail"), (21, "adviser"), (45, "mail")]
    assert "1 prestataire" in mails("warning").get().text_body
    assert "creation-de-site-internet" in mails("closed").get().text_body
    assert (need.status, need.closing_reason) == ("closed", "no_provider")
    assert list(Need.objects.unanswered()) == [need]


def test_what_the_centre_did_not_read_is_said_so_and_is_no_lack_of_providers():
    need = confirmed()

    tick(now=after(days=9))
    tick(now=after(days=45))

    assert "pas encore lu" in mails("warning").get().text_body
    assert "excuses" in mails("closed").get().text_body
    need.refresh_from_db()
    assert (need.status, need.unanswered_at) == ("closed", None)


def test_a_need_in_contact_is_neither_warned_nor_closed():
    matchable()
    need, _accepted = in_contact()

    tick(now=after(days=46))

    need.refresh_from_db()
    assert (need.status, need.warned_at, need.adviser_called_at) == ("in_contact", None, None)


def test_satisfaction_at_ten_days_and_the_last_question_at_five_months():
    matchable()
    in_contact()

    tick(now=after(days=10))
    assert not mails("satisfaction").exists()  # the contact began an hour later
    tick(now=after(days=10, hours=1))
    tick(now=after(days=11))
    assert mails("satisfaction").count() == 1
    tick(now=after(days=152, hours=1))
    tick(now=after(days=160))

    assert (mails("satisfaction").count(), mails("later").count()) == (1, 1)
    assert "/bilan/" in mails("satisfaction").get().text_body


def test_what_has_ended_meanwhile_is_asked_about_too():
    matchable()
    need, accepted = in_contact()
    needs.choose(need_id=need.pk, proposal_id=accepted.pk, now=after(days=2))
    needs.note_done(need_id=need.pk, now=after(days=3))

    tick(now=after(days=10, hours=1))
    tick(now=after(days=152, hours=1))

    assert (mails("satisfaction").count(), mails("later").count()) == (1, 1)
    assert "fermerons" not in mails("later").get().text_body


def test_a_company_that_answers_no_more_is_let_go_a_month_after_the_last_question():
    for _number in range(3):
        matchable()
    need, accepted = in_contact()
    tick(now=after(days=10, hours=1))
    tick(now=after(days=152, hours=1))
    told = mails("lost").count(), mails("closed").count()

    tick(now=after(days=182))
    need.refresh_from_db()
    assert need.is_alive

    tick(now=after(days=182, hours=1))

    need.refresh_from_db()
    accepted.refresh_from_db()
    assert (need.status, need.closing_reason) == ("closed", "no_news")
    assert need.ended_at == after(days=182, hours=1)
    assert (accepted.status, accepted.loss_reason) == ("lost", "no_news")
    assert "sous 30 jours" in mails("later").get().text_body
    assert (mails("lost").count(), mails("closed").count()) == told
    assert tick(now=after(days=200)) == 0


def test_work_said_to_be_under_way_lasts_a_year_and_whoever_was_chosen_stays_so():
    matchable()
    need, accepted = in_contact()
    needs.choose(need_id=need.pk, proposal_id=accepted.pk, now=after(days=1))
    tick(now=after(days=152, hours=1))
    needs.note_later(need_id=need.pk, outcome="under_way", now=after(days=153))

    tick(now=after(days=152 + 364))
    need.refresh_from_db()
    assert need.status == "chosen"
    tick(now=after(days=152 + 365, hours=1))

    need.refresh_from_db()
    accepted.refresh_from_db()
    assert (need.status, accepted.status) == ("closed", "chosen")


def test_an_answer_to_the_last_question_and_its_clock_agree():
    matchable()
    need, _accepted = in_contact()
    tick(now=after(days=152, hours=1))
    needs.note_later(need_id=need.pk, outcome="under_way", now=after(days=153))

    assert need_clocks.close_quietly(need.pk, after(days=183)) is False


def test_a_tick_that_dies_leaves_the_rest_due_and_says_nothing_twice(monkeypatch):
    matchable()
    for number in range(3):
        proposed(email=f"n{number}@client.example")
    tell = need_clocks.tell_company
    calls = []

    def dies(need, kind, **values):
        calls.append(need.pk)
        if len(calls) == 2:
            raise KeyboardInterrupt  # what a killed worker looks like
        return tell(need, kind, **values)

    monkeypatch.setattr(need_clocks, "tell_company", dies)
    with pytest.raises(KeyboardInterrupt):
        tick(now=after(days=9))
    monkeypatch.setattr(need_clocks, "tell_company", tell)
    tick(now=after(days=9))
    tick(now=after(days=9))

    assert mails("warning").count() == 3
    assert Need.objects.filter(warned_at=None).count() == 0


def test_one_that_fails_does_not_hold_the_others_back(monkeypatch):
    matchable()
    bad, good = (proposed(email=f"n{number}@client.example") for number in range(2))
    tell = need_clocks.tell_company

    def fails(need, kind, **values):
        if need.pk == bad.pk:
            raise RuntimeError
        return tell(need, kind, **values)

    monkeypatch.setattr(need_clocks, "tell_company", fails)
    tick(now=after(days=9))

    assert list(Need.objects.filter(warned_at__isnull=False)) == [good]


@pytest.mark.django_db(transaction=True)
def test_two_ticks_at_once_do_everything_once():
    for _number in range(5):
        matchable()
    need = proposed()
    barrier = Barrier(3)

    def go(_number):
        barrier.wait()
        try:
            tick(now=after(days=9))
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(go, range(3)))

    assert mails("warning").count() == 1
    assert mails("too_late").count() == 3
    assert (states(need), mails("received").count()) == (["silent"] * 3 + ["sent"] * 2, 5)


@pytest.mark.django_db(transaction=True)
def test_an_answer_and_the_clock_at_the_same_instant_agree():
    matchable()
    need = proposed()
    proposal = need.proposals.get()
    barrier = Barrier(2)
    last = proposal.expires_at - timedelta(microseconds=1)

    def accept():
        barrier.wait()
        try:
            proposals.accept(proposal_id=proposal.pk, now=last)
        except needs.NeedRefused:
            pass
        finally:
            connection.close()

    def expire():
        barrier.wait()
        try:
            proposals.expire(proposal_id=proposal.pk, now=proposal.expires_at)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        for future in [pool.submit(accept), pool.submit(expire)]:
            future.result()

    need.refresh_from_db()
    status = Proposal.objects.get().status
    assert (status, need.contact_at is not None) in {("accepted", True), ("silent", False)}
    assert mails("accepted").count() + mails("too_late").count() == 1
