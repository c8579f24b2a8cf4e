"""Before the evening: irritants, answers of signatories, the choice of three; then the tables."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from icalendar import Calendar

from emn.mailings.models import OutboundEmail
from events.enums import MeetingState, PitchStatus
from events.models import Irritant, Meeting, Participant, PitchChoice, TableRequest, Timetable
from events.services import (
    irritants,
    outcomes,
    registrations,
    rendezvous,
    sessions,
    table_clocks,
    tables,
    timetables,
    voting,
)
from events.services.rendezvous import CharterMissing, RendezvousRefused
from tests.directory import charter
from tests.directory.factories import UserFactory
from tests.events import rendezvous as make
from tests.events.factories import NOW, mails, seated

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]


# --- Irritants ---


def test_an_irritant_is_read_published_without_names_and_told():
    evening = make.evening()
    row = make.posted()
    assert (row.status, mails("irritant_confirm").get().to_email) == ("unconfirmed", row.email)

    irritants.confirm_irritant(irritant_id=row.pk, now=NOW)
    publish = {"irritant_id": row.pk, "evening_id": evening.pk, "by_id": UserFactory().pk}
    with pytest.raises(RendezvousRefused, match="Boulangerie Meyer"):
        irritants.publish_irritant(**publish, text="À la boulangerie meyer, on recopie.", now=NOW)
    irritants.publish_irritant(**publish, text="On recopie les commandes.", now=NOW)

    row.refresh_from_db()
    assert (row.status, row.text) == ("published", "On recopie les commandes.")
    assert mails("irritant_published").count() == 1


def test_nothing_is_published_that_no_mailbox_confirmed():
    row = make.posted()

    with pytest.raises(RendezvousRefused):
        irritants.publish_irritant(
            irritant_id=row.pk, text="x", evening_id=None, by_id=UserFactory().pk, now=NOW
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        Irritant.objects.filter(pk=row.pk).update(status="published", text="x")


# --- Answers ---


def test_a_published_irritant_is_corrected_with_its_reason_and_still_names_nobody():
    row = make.irritant_of(make.evening())
    change = {"irritant_id": row.pk, "evening_id": row.evening_id, "reason": "La rue se devinait.",
              "by_id": UserFactory().pk, "now": NOW}  # fmt: skip
    with pytest.raises(RendezvousRefused, match="Boulangerie Meyer"):
        irritants.correct_irritant(**change, text="La boulangerie Meyer recopie.")
    with pytest.raises(RendezvousRefused, match="Rien n’a changé"):
        irritants.correct_irritant(**change, text=row.text)

    for text in ("On recopie tout.", "On recopie."):
        irritants.correct_irritant(**change, text=text)
    row.refresh_from_db()

    assert (row.status, row.text) == ("published", "On recopie.")
    kinds = list(row.decisions.order_by("pk").values_list("kind", flat=True))
    assert kinds == ["published", "corrected", "corrected"]
    told = [mail.text_body for mail in mails("irritant_corrected").order_by("pk")]
    assert ["La rue se devinait." in text for text in told] == [True, True]
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        row.decisions.update(reason="Autre chose")
    row.decisions.update(by=None)
    row.decisions.update(reason="")


def test_staff_takes_an_irritant_down_and_no_page_shows_its_words(client):
    evening = make.evening()
    row = make.irritant_of(evening)
    pitch = make.chosen(make.pitch_of(row), 1)
    with pytest.raises(RendezvousRefused, match="retirez-la d’abord"):
        make.retracted(row)
    voting.open_vote(evening_id=evening.pk, now=NOW)
    assert row.text in client.get(evening.get_absolute_url()).content.decode()

    make.retracted(row)
    row.refresh_from_db()
    with pytest.raises(RendezvousRefused, match="n’est pas publié"):
        make.retracted(row)

    page = client.get(evening.get_absolute_url()).content.decode()
    assert (row.status, row.text in page, pitch.provider.name in page) == ("withdrawn", False, True)
    assert client.get(row.get_absolute_url()).status_code == 404
    assert row.text not in client.get("/rendez-vous-solutions/").content.decode()
    assert "au téléphone" in mails("irritant_retracted").get().text_body
    assert row.decisions.latest("pk").kind == "retracted"


def test_an_irritant_whose_author_is_forgotten_is_taken_down_without_a_word_to_anybody():
    row = make.irritant_of(make.evening())
    Irritant.objects.update(told="", name="", company_name="", email="", forgotten_at=NOW)

    make.retracted(row)
    row.refresh_from_db()

    assert (row.status, row.text, row.reason) == ("withdrawn", "", "")
    assert not mails("irritant_retracted").exists()


def test_only_a_charter_in_force_answers():
    evening = make.evening()
    irritant = make.irritant_of(evening)
    card = charter.company_of().providers.get()

    with pytest.raises(CharterMissing, match="charte en vigueur"):
        make.pitch_of(irritant, card)
    signed = make.signatory()
    make.pitch_of(irritant, signed)
    with pytest.raises(RendezvousRefused, match="déjà répondu"):
        make.pitch_of(irritant, signed)
    with pytest.raises(type(card).DoesNotExist):
        rendezvous.send_pitch(
            irritant_id=irritant.pk, provider_id=signed.pk, user_id=UserFactory().pk,
            answer="Pour un autre", speaker_name="", now=NOW,
        )  # fmt: skip
    with pytest.raises(RendezvousRefused, match="n’attend pas"):
        make.pitch_of(irritant, now=evening.applications_close_at)


def test_three_are_chosen_each_with_its_reason_in_a_log_only_added_to():
    evening = make.evening()
    irritant = make.irritant_of(evening)
    pitches = [make.pitch_of(irritant) for _ in range(3)]
    make.chosen(pitches[0], 1)

    with pytest.raises(RendezvousRefused, match="déjà pris"):
        make.chosen(pitches[1], 1)
    with pytest.raises(RendezvousRefused, match="de 1 à 3"):
        make.chosen(pitches[1], 4)
    make.chosen(pitches[1], 2)
    rendezvous.decide_pitch(
        pitch_id=pitches[2].pk, status=PitchStatus.NOT_CHOSEN, position=None,
        reason="Le prix n’est pas dit.", by_id=UserFactory().pk, now=NOW,
    )  # fmt: skip

    assert PitchChoice.objects.count() == 3
    assert [p.position for p in evening.pitches.chosen()] == [1, 2]
    assert "Le prix n’est pas dit." in mails("pitch_not_chosen").get().text_body
    assert Participant.objects.filter(provider=pitches[0].provider).exists()
    for change in ({"reason": "autre"}, {"status": "sent"}):
        with pytest.raises(Exception, match="append-only"), transaction.atomic():
            PitchChoice.objects.update(**change)
    PitchChoice.objects.update(by=None)  # the agent may be forgotten
    voting.open_vote(evening_id=evening.pk, now=NOW)
    with pytest.raises(RendezvousRefused, match="vote est ouvert"):
        make.chosen(pitches[2], 3)


def test_an_answer_to_an_irritant_taken_back_is_not_chosen():
    evening = make.evening()
    irritant = make.irritant_of(evening)
    pitch = make.pitch_of(irritant)
    irritants.withdraw_irritant(irritant_id=irritant.pk, now=NOW)

    with pytest.raises(RendezvousRefused, match="irritant est retiré"):
        make.chosen(pitch, 1)


# --- Requests ---


def test_registrants_are_invited_once_from_21_days_before():
    evening = make.evening(starts_at=NOW + timedelta(days=30))
    seated(evening.session, 1)

    early = table_clocks.tick(now=NOW)
    opens = evening.requests_open_at
    done = [table_clocks.tick(now=opens), table_clocks.tick(now=opens + timedelta(hours=1))]

    assert (early, done) == (0, [1, 0])
    assert mails("tables_open").count() == 1


def test_a_table_is_asked_for_and_accepted_and_both_are_told():
    evening = make.evening()
    company, provider = make.guest(evening), make.holder(evening)

    row = tables.ask_for_table(participant_id=company.pk, other_id=provider.pk, wish=3, now=NOW)
    with pytest.raises(RendezvousRefused, match="déjà demandée"):
        tables.ask_for_table(participant_id=company.pk, other_id=provider.pk, wish=3, now=NOW)
    with pytest.raises(TableRequest.DoesNotExist):  # who asks does not answer
        tables.answer_request(participant_id=company.pk, request_id=row.pk, accepted=True, now=NOW)
    tables.answer_request(participant_id=provider.pk, request_id=row.pk, accepted=True, now=NOW)

    assert "Entreprise 1" in mails("table_asked").get().text_body
    assert "Personne 1" not in mails("table_asked").get().text_body
    assert mails("table_answered").get().to_email == company.registration.email
    late = evening.requests_close_at
    with pytest.raises(RendezvousRefused, match="plus, ouvertes"):
        tables.withdraw_request(participant_id=company.pk, request_id=row.pk, now=late)


def test_asking_and_withdrawing_in_a_loop_writes_one_mail_a_day_and_no_way_round_a_refusal():
    evening = make.evening()
    company, provider = make.guest(evening), make.holder(evening)
    ask = {"participant_id": company.pk, "other_id": provider.pk, "wish": 3}

    for minutes in range(3):
        now = NOW + timedelta(minutes=minutes)
        row = tables.ask_for_table(**ask, now=now)
        mine = {"participant_id": company.pk, "request_id": row.pk, "now": now}
        tables.withdraw_request(**mine)
        tables.withdraw_request(**mine)
    assert mails("table_asked").count() == 1
    row = tables.ask_for_table(**ask, now=NOW + timedelta(days=1))
    assert mails("table_asked").count() == 2

    for accepted in (True, False, True, False):  # an answer that turns says each word once
        tables.answer_request(
            participant_id=provider.pk, request_id=row.pk, accepted=accepted, now=now
        )
    assert mails("table_answered").count() == 2
    with pytest.raises(RendezvousRefused, match="déclinée"):
        tables.withdraw_request(**mine)


def test_requests_withdrawn_count_among_those_of_the_day(monkeypatch):
    monkeypatch.setattr(tables, "MOST_ASKED", 1)
    evening = make.evening()
    company, first, second = make.guest(evening), make.holder(evening), make.holder(evening)
    ask = {"participant_id": company.pk, "wish": 1}
    row = tables.ask_for_table(**ask, other_id=first.pk, now=NOW)
    tables.withdraw_request(participant_id=company.pk, request_id=row.pk, now=NOW)

    with pytest.raises(RendezvousRefused, match="par jour"):
        tables.ask_for_table(**ask, other_id=second.pk, now=NOW)
    tables.ask_for_table(**ask, other_id=second.pk, now=NOW + timedelta(days=1))


def test_a_company_that_did_not_show_itself_is_asked_by_nobody():
    evening = make.evening()
    hidden, provider = make.guest(evening), make.holder(evening)
    shown = make.guest(evening, 2, shown=True)

    with pytest.raises(Participant.DoesNotExist):
        tables.ask_for_table(participant_id=provider.pk, other_id=hidden.pk, wish=1, now=NOW)
    tables.ask_for_table(participant_id=provider.pk, other_id=shown.pk, wish=1, now=NOW)
    # each asks the other: it is agreed
    row = tables.ask_for_table(participant_id=shown.pk, other_id=provider.pk, wish=1, now=NOW)
    assert row.status == "accepted"


# --- The timetable ---


def full_evening(companies=4, **fields):
    evening = make.evening(**fields)
    guests = [make.guest(evening, number) for number in range(1, companies + 1)]
    holders = [make.holder(evening) for _ in range(2)]
    for one in guests:
        for other in holders:
            make.agreed(one, other)
    return evening, guests, holders


@pytest.mark.django_db(transaction=True)
def test_the_timetable_is_computed_once_kept_with_its_seed_and_told_once():
    evening, guests, _holders = full_evening()
    row = timetables.ask_for_timetable(evening_id=evening.pk, now=evening.requests_close_at)
    with pytest.raises(RendezvousRefused, match="déjà en calcul"):
        timetables.ask_for_timetable(evening_id=evening.pk, now=evening.requests_close_at)

    def attempt(_n):
        try:
            return timetables.compute(timetable_id=row.pk, now=evening.requests_close_at)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(attempt, range(4)))
    row.refresh_from_db()

    assert sorted(done) == [False, False, False, True]
    assert (row.status, row.figures["met"], row.figures["is_proven"]) == ("done", 8, True)
    assert row.seed is not None
    assert Meeting.objects.count() == 8
    assert not mails("tables_told").exists()
    assert (make.told(evening), make.told(evening)) == (6, 0)
    mail = mails("tables_told").filter(to_email=guests[0].registration.email).get()
    calendar = Calendar.from_ical(mail.as_message().attachments[0].content)
    assert len(calendar.walk("VEVENT")) == 2
    assert calendar.walk("VTIMEZONE")


def test_requests_that_are_still_open_wait_and_a_lost_worker_is_made_up_for():
    evening, _guests, _holders = full_evening(companies=1)
    with pytest.raises(RendezvousRefused, match="encore ouvertes"):
        timetables.ask_for_timetable(evening_id=evening.pk, now=NOW)
    now = evening.requests_close_at
    row = timetables.ask_for_timetable(evening_id=evening.pk, now=now)
    Timetable.objects.update(status="running", started_at=now)

    assert timetables.recover(now=now + timedelta(minutes=1)) == 0
    assert timetables.recover(now=now + timedelta(minutes=6)) == 2
    assert timetables.compute(timetable_id=row.pk, now=now)


def test_what_changes_under_the_computing_is_read_again(monkeypatch):
    evening, guests, _holders = full_evening(companies=2)
    solve = timetables.formula.solve
    readings = []

    def solve_then_change(problem, **options):
        if not readings:
            TableRequest.objects.filter(company=guests[0]).update(status="declined")
        readings.append(len(problem.placeable))
        return solve(problem, **options)

    monkeypatch.setattr(timetables.formula, "solve", solve_then_change)
    make.computed(evening)

    assert readings == [4, 2]
    assert not Meeting.objects.filter(company=guests[0]).exists()


def test_who_cancelled_is_placed_nowhere():
    evening, guests, _holders = full_evening(companies=2)
    guests[0].registration.__class__.objects.filter(pk=guests[0].registration_id).update(
        status="cancelled", ended_at=NOW, end_reason="person"
    )

    make.computed(evening)

    assert set(Meeting.objects.values_list("company", flat=True)) == {guests[1].pk}


def test_on_the_evening_what_is_done_is_frozen_and_only_the_rest_is_computed():
    evening, guests, _holders = full_evening(companies=3, slots=5)
    make.computed(evening)
    make.told(evening)
    first = list(evening.meetings.filter(slot=0).order_by("pk"))
    during = evening.slot_start(0) + timedelta(minutes=5)
    timetables.note_meeting(meeting_id=first[0].pk, state=MeetingState.HELD)
    away = timetables.note_meeting(meeting_id=first[1].pk, state=MeetingState.COMPANY_AWAY)
    timetables.note_away(participant_id=away.company_id, now=during)
    before = OutboundEmail.objects.count()

    make.computed(evening, now=during)
    timetables.tell(evening_id=evening.pk, now=during)

    kept = {one.pk: (one.slot, one.state) for one in evening.meetings.filter(slot=0)}
    assert kept == {first[0].pk: (0, "held"), first[1].pk: (0, "company_away")}
    ahead = evening.meetings.filter(slot__gte=1)
    assert not ahead.filter(company=away.company_id).exists()
    others = [one.pk for one in guests if one.pk != away.company_id]
    assert evening.meetings.took_place().filter(company__in=others).count() == 4
    assert OutboundEmail.objects.count() > before
    again = OutboundEmail.objects.count()
    timetables.tell(evening_id=evening.pk, now=during + timedelta(minutes=20))
    assert OutboundEmail.objects.count() == again  # what is over changes nothing ahead


def test_a_meeting_moves_and_the_one_that_stood_there_takes_its_place():
    evening, _guests, holders = full_evening(companies=2, slots=2)
    make.computed(evening)
    mine = evening.meetings.get(provider=holders[0], slot=0)
    there = evening.meetings.get(provider=holders[0], slot=1)
    crossed = evening.meetings.get(company=mine.company, slot=1)

    with pytest.raises(RendezvousRefused, match="n’est pas libre"):
        timetables.move_meeting(meeting_id=mine.pk, slot=1, now=NOW)
    crossed.delete()
    evening.meetings.get(company=there.company, slot=0).delete()
    timetables.move_meeting(meeting_id=mine.pk, slot=1, now=NOW)

    mine.refresh_from_db()
    there.refresh_from_db()
    assert (mine.slot, there.slot, mine.is_frozen, there.is_frozen) == (1, 0, True, True)
    assert mine.table != there.table or mine.slot != there.slot
    with pytest.raises(RendezvousRefused, match="à venir"):
        timetables.move_meeting(meeting_id=mine.pk, slot=0, now=evening.slot_start(0))


def test_a_free_slot_is_offered_again_at_once():
    evening, _guests, holders = full_evening(companies=2, slots=2, places=2)
    extra = make.guest(evening, 9)
    make.computed(evening)
    meeting = evening.meetings.get(provider=holders[0], slot=0)
    during = evening.slot_start(0) + timedelta(minutes=3)
    seat = {"company_id": extra.pk, "provider_id": holders[0].pk, "slot": 0, "now": during}
    with pytest.raises(RendezvousRefused, match="déjà à une table"):
        timetables.seat_now(**seat)

    timetables.note_meeting(meeting_id=meeting.pk, state=MeetingState.COMPANY_AWAY)
    seated_now = timetables.seat_now(**seat)

    assert (seated_now.slot, seated_now.is_frozen, seated_now.request.status) == (
        0,
        True,
        "accepted",
    )
    with pytest.raises(IntegrityError), transaction.atomic():  # the database holds it too
        Meeting.objects.filter(pk=meeting.pk).update(state="planned")
    with pytest.raises(RendezvousRefused, match="déjà à une table"):
        timetables.note_meeting(meeting_id=meeting.pk, state=MeetingState.PLANNED)

    timetables.note_away(participant_id=extra.pk, now=during)
    back = timetables.note_back(participant_id=extra.pk, now=during)
    assert 1 not in back.absent_slots


def test_one_who_cannot_be_told_silences_nobody_and_the_clock_tells_them_later(monkeypatch):
    evening, _guests, _holders = full_evening(companies=2, slots=2, places=2)
    make.computed(evening)
    now, tell_one = evening.requests_close_at, timetables._tell_one
    timetables.announce(evening_id=evening.pk, now=now)
    first = evening.participants.order_by("pk").first()

    def fail_once(key, now):
        if key == first.pk:
            raise RuntimeError
        return tell_one(key, now)

    with monkeypatch.context() as patched:
        patched.setattr(timetables, "_tell_one", fail_once)
        told = timetables.tell(evening_id=evening.pk, now=now)
    assert told == evening.participants.count() - 1

    assert (table_clocks.tick(now=now), table_clocks.tick(now=now)) == (1, 0)


# --- What came of it ---


def test_both_sides_are_asked_once_after_90_days_and_the_share_is_counted():
    evening, guests, holders = full_evening(companies=3)
    make.computed(evening)
    end = evening.session.ends_at
    assert table_clocks.tick(now=end + timedelta(days=89)) == 0
    later = end + timedelta(days=90)
    assert (table_clocks.tick(now=later), table_clocks.tick(now=later)) == (5, 0)

    mine = {one.pk: ("contract", "") for one in timetables.plan_of(guests[0])}
    outcomes.answer(participant_id=guests[0].pk, answers=mine, now=later)
    theirs = timetables.plan_of(holders[0])
    with pytest.raises(RendezvousRefused, match="pourquoi"):
        outcomes.answer(
            participant_id=holders[0].pk, answers={theirs[0].pk: ("nothing", " ")}, now=later
        )
    outcomes.answer(
        participant_id=holders[0].pk,
        answers={one.pk: ("nothing", "Trop cher") for one in theirs},
        now=later,
    )

    found = outcomes.conversion(evening)
    assert (found.meetings, found.answered, found.contracts, found.nothing) == (6, 4, 2, 2)
    assert not found.is_shown
    with pytest.raises(Meeting.DoesNotExist):
        outcomes.answer(
            participant_id=guests[1].pk, answers={theirs[0].pk: ("contract", "")}, now=later
        ) if theirs[0].company_id != guests[1].pk else outcomes.answer(
            participant_id=guests[2].pk, answers={theirs[0].pk: ("contract", "")}, now=later
        )
    assert mails("tables_outcome").count() == 5


def test_conversion_counts_a_contract_that_either_side_tells():
    pairs = [
        ("contract", "contract"), ("contract", "nothing"), ("", "in_progress"),
        ("nothing", ""), ("nothing", "in_progress"), ("", ""),
    ]  # fmt: skip

    found = outcomes.conversion_of(pairs)

    assert found == outcomes.Conversion(
        meetings=6, answered=5, contracts=2, both_say=1, in_progress=2, nothing=1
    )
    assert (found.is_shown, found.percent) == (True, 40)


# --- What happens to the evening meanwhile ---


def test_who_gives_the_seat_back_frees_their_tables_and_the_other_side_is_told():
    evening, guests, _holders = full_evening(companies=2)
    make.computed(evening)
    make.told(evening)
    now = evening.requests_close_at + timedelta(minutes=5)
    registrations.cancel_registration(registration_id=guests[0].registration_id, now=now)

    done = [table_clocks.tick(now=now), table_clocks.tick(now=now)]
    told = timetables.tell(evening_id=evening.pk, now=now)

    assert done == [4, 0]  # two freed, two told
    assert told == 0
    assert set(Meeting.objects.values_list("company", flat=True)) == {guests[1].pk}
    mail = mails("tables_told").latest("pk")
    assert "STATUS:CANCELLED" in mail.as_message().attachments[0].content


def test_a_session_that_moves_takes_its_tables_along_and_they_are_told_again():
    evening, _guests, _holders = full_evening(companies=1)
    make.computed(evening)
    make.told(evening)
    session, now = evening.session, evening.requests_close_at
    before = evening.tables_start_at
    sessions.move_session(
        session_id=session.pk, starts_at=session.starts_at + timedelta(days=7),
        ends_at=session.ends_at + timedelta(days=7), room_id=session.room_id, now=now,
    )  # fmt: skip
    evening.refresh_from_db()

    assert evening.tables_start_at == before + timedelta(days=7)
    assert (timetables.tell(evening_id=evening.pk, now=now),
            timetables.tell(evening_id=evening.pk, now=now)) == (3, 0)  # fmt: skip


def test_an_evening_called_off_computes_and_tells_nothing():
    evening, _guests, _holders = full_evening(companies=1)
    make.computed(evening)
    now = evening.requests_close_at
    sessions.cancel_session(session_id=evening.session_id, reason="Neige", now=now)

    for act in (timetables.ask_for_timetable, timetables.announce):
        with pytest.raises(RendezvousRefused, match="n’a pas lieu"):
            act(evening_id=evening.pk, now=now)
    assert table_clocks.tick(now=evening.session.ends_at + timedelta(days=91)) == 0
