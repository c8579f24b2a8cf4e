"""Enrolling: seats held, agreements whole, clocks of the law, money only when it may be asked."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from threading import Barrier

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone
from pypdf import PdfReader

from emn.mailings.models import OutboundEmail
from events import training_papers
from events.enums import BuyerKind, EnrolmentEnd
from events.models import Enrolment, Order, Registration, TrainingDocument
from events.services import (
    clocks,
    enrolment_ends,
    enrolments,
    invoices,
    orders,
    payments,
    sessions,
    training_clocks,
    trainings,
)
from events.services.enrolment_steps import EnrolmentRefused
from events.services.seats import RegistrationRefused
from events.services.sessions import SessionRefused
from events.services.training_links import enrolment_token
from tests.events.factories import HOUR, NOW, draft, register
from tests.events.money import COMPANY, PERSON
from tests.events.trainings import (
    END,
    START,
    enrolled,
    halves,
    made,
    opened,
    people,
    sign,
    sign_agreement,
    signed,
    training,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]
DAY = timedelta(days=1)


def mails(kind):
    return OutboundEmail.objects.filter(kind=f"events/trainings/emails/{kind}")


def give_back(enrolment, *, agreed=0, now=NOW):
    return enrolment_ends.give_back(enrolment_id=enrolment.pk, agreed_cents=agreed, now=now)


def statuses(enrolment):
    rows = Registration.objects.filter(trainee__enrolment=enrolment).order_by("pk")
    return list(rows.values_list("status", flat=True))


def test_a_company_enrols_two_trainees_then_signs():
    own = opened(seats=5)

    enrolment = enrolled(own)
    assert statuses(enrolment) == ["held", "held"]
    assert (mails("opened").count(), enrolment.order.status) == (1, "quote")

    enrolments.keep_seats(enrolment_id=enrolment.pk, now=NOW + HOUR)
    enrolment.refresh_from_db()
    assert enrolment.expires_at == NOW + HOUR + 7 * DAY
    kept = Registration.objects.filter(trainee__enrolment=enrolment)
    assert {row.expires_at for row in kept} == {enrolment.expires_at}

    signed_one = sign_agreement(enrolment, now=NOW + 2 * DAY, drawing="")
    assert statuses(enrolment) == ["confirmed", "confirmed"]
    signed_one.order.refresh_from_db()
    assert signed_one.order.status == "accepted"
    assert not mails("signed").exists()  # the paper is not made yet
    made()
    made()
    document = TrainingDocument.objects.get()
    assert (document.kind, document.version, document.paper) == ("convention", 1, {})
    assert bytes(document.content).startswith(b"%PDF")
    assert mails("signed").count() == 1
    assert mails("welcome").count() == 2
    assert orders.amounts_of(signed_one.order).net_cents == 70_000


def test_a_seat_that_nobody_confirms_goes_back_after_two_hours():
    own = opened(seats=2)
    enrolment = enrolled(own)

    assert training_clocks.tick(now=NOW + 2 * HOUR - timedelta(seconds=1)) == 0
    training_clocks.tick(now=NOW + 2 * HOUR)

    enrolment.refresh_from_db()
    assert enrolment.end_reason == EnrolmentEnd.EXPIRED
    assert statuses(enrolment) == ["cancelled", "cancelled"]
    enrolment.order.refresh_from_db()
    assert enrolment.order.status == "cancelled"
    assert not mails("expired").exists()  # nobody said that the address is theirs
    assert statuses(enrolled(own, trainees=people(2, 7), now=NOW + 3 * HOUR)) == ["held"] * 2


def test_a_seat_whose_convention_is_pending_holds_until_the_time_on_its_row():
    own = opened(seats=2)
    enrolment = enrolled(own)
    enrolments.keep_seats(enrolment_id=enrolment.pk, now=NOW)
    late = NOW + 7 * DAY

    clocks.tick(now=late - timedelta(seconds=1))
    training_clocks.tick(now=late - timedelta(seconds=1))
    with pytest.raises(RegistrationRefused, match="il en reste 0"):
        enrolled(own, trainees=people(1, 7), now=late - timedelta(seconds=1))
    clocks.tick(now=late)  # the clock of the agenda may come first
    training_clocks.tick(now=late)

    enrolment.refresh_from_db()
    assert enrolment.end_reason == EnrolmentEnd.EXPIRED
    assert mails("expired").count() == 1
    with pytest.raises(EnrolmentRefused, match="plus gardées"):
        sign_agreement(enrolment, now=late)


def test_the_clocks_of_the_agenda_leave_signed_seats_alone():
    own = opened(seats=2)
    enrolment = signed(own)
    register(own.session, 9)  # somebody waits

    for hour in range(0, 15 * 24, 6):
        clocks.tick(now=NOW + hour * HOUR)

    assert statuses(enrolment) == ["confirmed", "confirmed"]


def test_when_the_line_waits_or_seats_lack_nothing_is_taken():
    own = opened(seats=1)

    with pytest.raises(RegistrationRefused, match="il en reste 1"):
        enrolled(own, count=2)

    assert (Enrolment.objects.count(), Order.objects.count()) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_two_at_once_for_the_last_seats_share_them_by_no_miracle():
    own = opened(seats=3)
    barrier = Barrier(4)

    def go(number):
        barrier.wait()
        try:
            enrolments.enrol(
                training_session_id=own.pk, buyer=COMPANY, funding="company", language="fr",
                trainees=people(2, 10 * number), now=NOW,
            )  # fmt: skip
        except RegistrationRefused:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(4) as pool:
        won = list(pool.map(go, range(1, 5)))

    assert sum(won) == 1
    assert own.session.registrations.holding().seats() == 2


def test_the_answer_says_nothing_of_an_address():
    own = opened(seats=9)
    enrolled(own)

    enrolled(own, now=NOW + HOUR)  # the same people again: no refusal, nothing taken

    assert own.session.registrations.holding().seats() == 2
    assert mails("already").count() == 1
    assert Enrolment.objects.going().count() == 1


@pytest.mark.parametrize(
    ("trainees", "buyer", "said"),
    [
        ([], COMPANY, "de 1 à 12"),
        ([*people(1), *people(1)], COMPANY, "son propre courriel"),
        (people(2), PERSON, "s’inscrit seule"),
    ],
)
def test_what_cannot_be_enrolled_is_said(trainees, buyer, said):
    own = opened()

    with pytest.raises(EnrolmentRefused, match=said):
        enrolments.enrol(
            training_session_id=own.pk, buyer=buyer, funding="company", trainees=trainees,
            language="fr", now=NOW,
        )  # fmt: skip


# --- R4.02: the agreement is whole, or is not made ---

EMPTIED = {
    "Objectifs": lambda own: own.training.objectives.all().delete(),
    "Contenu": lambda own: type(own.training).objects.update(programme_fr=""),
    "Durée et dates": lambda own: own.half_days.all().delete(),
    "Organisation": lambda own: type(own.training).objects.update(methods_fr=""),
    "Moyens": lambda own: type(own.training).objects.update(means_fr=""),
    "Suivi et sanction": lambda own: type(own.training).objects.update(assessment_fr=""),
    "Prix et financement": lambda own: Order.objects.get().lines.all().delete(),
    "Intitulé et nature de l’action": lambda own: type(own.training).objects.update(title_fr=""),
}


@pytest.mark.parametrize("item", EMPTIED)
def test_an_agreement_with_an_empty_item_is_not_signed(item):
    own = opened()
    enrolment = enrolled(own)
    EMPTIED[item](own)

    with pytest.raises(EnrolmentRefused, match=item):
        sign_agreement(enrolment)

    assert not TrainingDocument.objects.exists()
    assert statuses(enrolment) == ["held", "held"]


def test_without_a_declaration_number_nothing_is_signed(settings):
    enrolment = enrolled(opened())
    settings.SELLER = settings.SELLER | {"training_number": ""}

    found = Enrolment.objects.get(pk=enrolment.pk)
    missing = training_papers.missing_in_agreement(found, enrolments.trainees_of(found))

    assert missing == ["Numéro de déclaration d’activité"]


def test_a_training_is_published_and_taken_only_when_all_is_written():
    whole = training()
    whole.accessibility_fr = ""
    whole.save()

    with pytest.raises(trainings.TrainingRefused, match="accessibilité"):
        trainings.publish_training(training_id=whole.pk, now=NOW)
    with pytest.raises(EnrolmentRefused, match="n’est pas complète"):
        enrolled(opened(of=whole))


# --- R4.04: the individual's contract ---


@pytest.mark.parametrize(("at_a_distance", "days"), [(True, 14), (False, 10)])
def test_nothing_is_asked_of_an_individual_before_the_end_of_the_withdrawal(at_a_distance, days):
    own = opened(starts_at=START + 30 * DAY, ends_at=START + 30 * DAY + 8 * HOUR)
    enrolment = signed(own, buyer=PERSON, at_a_distance=at_a_distance)
    enrolment.refresh_from_db()
    order, signed_on = Order.objects.get(), enrolment.signed_at.date()

    asked = [orders.payable_cents(order, today=signed_on + n * DAY) for n in (0, days, days + 1)]

    assert TrainingDocument.objects.get().kind == "contract"
    assert asked == [0, 0, 35_000 * 30 // 100]


def test_an_individual_withdraws_until_the_last_day_and_no_later():
    own = opened(starts_at=START + 30 * DAY, ends_at=START + 30 * DAY + 8 * HOUR)
    enrolment = signed(own, buyer=PERSON)

    with pytest.raises(EnrolmentRefused, match="délai est passé"):
        give_back(enrolment, now=NOW + 15 * DAY)
    give_back(enrolment, now=NOW + 14 * DAY)

    enrolment.refresh_from_db()
    assert enrolment.end_reason == EnrolmentEnd.WITHDRAWN
    assert statuses(enrolment) == ["cancelled"]
    assert Order.objects.get().status == "cancelled"


def tomorrow(**fields):
    return opened(starts_at=NOW + DAY, ends_at=NOW + DAY + 8 * HOUR, **fields)


def test_a_start_within_the_withdrawal_is_asked_for_in_words_that_are_kept():
    own = tomorrow()
    enrolment = enrolled(own, buyer=PERSON)

    with pytest.raises(EnrolmentRefused, match="demandez-le expressément"):
        sign_agreement(enrolment)
    sign_agreement(enrolment, asks_early_start=True)

    enrolment.refresh_from_db()
    assert "Je demande expressément" in enrolment.early_request
    paper = TrainingDocument.objects.get().paper
    assert enrolment.early_request in json.dumps(paper, ensure_ascii=False)


def test_who_asked_for_an_early_start_owes_what_was_attended_and_all_at_the_end():
    own = tomorrow()
    enrolment = enrolled(own, buyer=PERSON)
    sign_agreement(enrolment, asks_early_start=True)
    morning = halves(own)[0]
    sign(morning, enrolments.trainees_of(enrolment)[0])

    with pytest.raises(EnrolmentRefused, match="délai est passé"):
        give_back(enrolment, now=own.session.ends_at)
    with pytest.raises(EnrolmentRefused, match="a changé"):
        give_back(enrolment, now=morning.ends_at)
    give_back(enrolment, agreed=12_500, now=morning.ends_at)  # two hours and a half of seven

    order = Order.objects.get()
    assert (order.status, orders.amounts_of(order).net_cents) == ("accepted", 12_500)


@pytest.mark.parametrize(
    ("early", "after", "said"),
    [
        (True, 0, "les heures suivies restent dues, au prorata"),
        (True, 20, None),
        (False, 0, "sans motif ni frais. Rien n’est à payer avant."),
        (False, 20, None),
    ],
)
def test_the_page_says_what_withdrawing_costs_while_one_may(
    client, monkeypatch, early, after, said
):
    own = tomorrow() if early else opened(starts_at=START + 30 * DAY, ends_at=END + 30 * DAY)
    enrolment = enrolled(own, buyer=PERSON)
    sign_agreement(enrolment, asks_early_start=early)
    monkeypatch.setattr(timezone, "now", lambda: NOW + after * DAY)

    page = client.get(f"/formations/dossier/{enrolment_token(enrolment.pk)}/").content.decode()

    assert ("Vous pouvez vous rétracter" in page) == bool(said)
    assert said is None or said in page
    assert not early or "sans motif ni frais" not in page


def test_the_contract_of_an_individual_says_each_way_to_withdraw_and_holds_the_form():
    enrolment = signed(
        opened(starts_at=START + 30 * DAY, ends_at=START + 30 * DAY + 8 * HOUR), buyer=PERSON
    )

    paper = TrainingDocument.objects.get().paper

    points = {part["title"]: part["points"] for part in paper["sections"]}
    terms = " ".join(points["Rétractation, paiement, abandon"])
    assert "par lettre recommandée pendant 10 jours (L. 6353-5)" in terms
    assert "Conclu à distance, ce contrat lui laisse 14 jours" in terms
    assert "le bouton de ce dossier" in terms
    assert "Modèle de formulaire de rétractation" not in points
    form = " ".join(paper["extra"]["withdrawal_form"]["points"])
    assert settings.SELLER["email"] in form
    assert "ma/notre (*) rétractation du contrat portant sur" in form
    assert enrolment.is_individual
    pages = PdfReader(BytesIO(training_papers.pdf(paper, at=NOW))).pages
    alone = pages[-1].extract_text()
    assert "formulaire de rétractation" in alone
    assert "Signature électronique simple" not in alone
    assert "formulaire de rétractation" not in pages[-2].extract_text()


# --- R4.05: a company that cancels ---


def test_a_company_cancels_freely_until_ten_days_before_then_owes_a_dedit_of_its_own():
    early, late = opened(), opened()
    free = signed(early)
    dear = signed(late, trainees=people(2, 5))

    give_back(free, now=START - 10 * DAY)
    assert Order.objects.count() == 2
    with pytest.raises(EnrolmentRefused, match="a changé"):  # the page said that it was free
        give_back(dear, now=START - 9 * DAY)
    give_back(dear, agreed=35_000, now=START - 9 * DAY)

    forfeit = Order.objects.latest("pk")
    line = forfeit.lines.get()
    assert (line.kind, line.unit_price_cents) == ("indemnity", 35_000)
    assert forfeit.status == "accepted"
    assert not hasattr(forfeit, "enrolment")  # no training, hence in no hours
    assert late.session.registrations.holding().seats() == 0


def test_a_paid_enrolment_ends_and_staff_decides_what_to_give_back():
    enrolment = signed(opened(seats=5))
    payments.record_transfer(
        order_id=enrolment.order_id, amount_cents=70_000, received_on=NOW.date(), now=NOW
    )

    give_back(enrolment)

    order = Order.objects.get(pk=enrolment.order_id)
    assert (order.status, order.payments.get().needs_decision) == ("cancelled", True)
    assert "700,00" in order.payments.get().note


def invoiced(enrolment, *, now=NOW):
    return invoices.issue(order_id=enrolment.order_id, on=now.date(), now=now)


def test_an_invoiced_enrolment_that_ends_is_credited():
    enrolment = signed(opened())
    invoice = invoiced(enrolment)

    give_back(enrolment)

    order = Order.objects.get(pk=enrolment.order_id)
    assert (order.status, payments.left_cents(order)) == ("cancelled", 0)
    assert invoice.credit_notes.get().total_cents == invoice.total_cents


def test_a_contract_that_is_broken_leaves_the_hours_attended_to_be_invoiced():
    own = opened()
    enrolment = signed(own)
    first, _second = enrolments.trainees_of(enrolment)
    morning = halves(own)[0]
    sign(morning, first)
    invoiced(enrolment)

    def break_off(agreed):
        enrolment_ends.break_off(
            enrolment_id=enrolment.pk, why="Accident", agreed_cents=agreed, now=morning.ends_at
        )

    with pytest.raises(EnrolmentRefused, match="a changé"):
        break_off(0)
    break_off(17_500)  # one half-day of four
    break_off(17_500)

    order = Order.objects.get(pk=enrolment.order_id)
    assert (order.status, orders.amounts_of(order).net_cents) == ("accepted", 17_500)
    assert statuses(enrolment) == ["cancelled", "cancelled"]
    assert invoiced(enrolment, now=morning.ends_at).net_cents == 17_500
    assert payments.left_cents(Order.objects.get(pk=order.pk)) == 17_500


def test_what_was_followed_of_a_broken_contract_is_certified():
    own = opened()
    enrolment = signed(own)
    first, second = enrolments.trainees_of(enrolment)
    morning = halves(own)[0]
    sign(morning, first)

    enrolment_ends.break_off(
        enrolment_id=enrolment.pk, why="Accident", agreed_cents=17_500, now=morning.ends_at
    )
    made(now=morning.ends_at)

    paper = TrainingDocument.objects.get(kind="certificate")
    mail = OutboundEmail.objects.get(kind="events/trainings/emails/followed")
    assert (paper.trainee, second.documents.filter(kind="certificate").count()) == (first, 0)
    assert paper.sha256
    assert mail.to_email == first.registration.email
    assert mail.attachments[0][0] == "certificate.pdf"


def test_an_enrolment_that_ends_before_it_began_certifies_nothing():
    enrolment = signed(opened())

    give_back(enrolment)

    assert not TrainingDocument.objects.filter(kind="certificate").exists()


def test_a_session_called_off_half_way_leaves_the_hours_attended_owed():
    own = opened()
    enrolment = signed(own)
    invoiced(enrolment)
    first, _second = enrolments.trainees_of(enrolment)
    morning = halves(own)[0]
    sign(morning, first)
    sessions.cancel_session(session_id=own.session_id, reason="Salle inondée.", now=morning.ends_at)

    training_clocks.tick(now=morning.ends_at)
    training_clocks.tick(now=morning.ends_at)

    order = Order.objects.get(pk=enrolment.order_id)
    assert (order.status, orders.amounts_of(order).net_cents) == ("accepted", 17_500)
    assert "rien n’est dû" not in mails("session_cancelled").get().text_body
    assert TrainingDocument.objects.get(kind="certificate").trainee == first


def test_a_session_that_is_called_off_ends_its_enrolments():
    own = opened()
    enrolment = signed(own)
    sessions.cancel_session(session_id=own.session_id, reason="Formateur souffrant.", now=NOW)

    training_clocks.tick(now=NOW)
    training_clocks.tick(now=NOW)

    enrolment.refresh_from_db()
    assert enrolment.end_reason == EnrolmentEnd.SESSION
    assert mails("session_cancelled").count() == 1


def test_a_public_body_signs_a_convention_too():
    buyer = replace(COMPANY, kind=BuyerKind.PUBLIC, name="Commune de Hayange")

    signed(opened(), buyer=buyer)

    assert TrainingDocument.objects.get().kind == "convention"


def test_a_session_that_is_moved_keeps_its_seats_and_cuts_its_half_days_anew():
    own = opened(seats=2)
    enrolment = signed(own)
    training_clocks.tick(now=START - 9 * DAY)
    later = START + 3 * DAY
    sessions.move_session(
        session_id=own.session_id, starts_at=later, ends_at=later + 8 * HOUR,
        room_id=own.session.room_id, now=START - 8 * DAY,
    )  # fmt: skip

    training_clocks.tick(now=START - 8 * DAY)
    training_clocks.tick(now=later - 9 * DAY)

    assert statuses(enrolment) == ["confirmed", "confirmed"]
    order = Order.objects.get()
    assert (order.service_from, order.service_until) == (later.date(), later.date())
    assert f"{later:%d/%m/%Y}" in order.lines.get().label
    assert own.half_days.earliest("starts_at").starts_at == later
    assert mails("convocation").count() == 4  # two people, twice


def move(own, starts_at, ends_at, *, now):
    sessions.move_session(
        session_id=own.session_id, starts_at=starts_at, ends_at=ends_at,
        room_id=own.session.room_id, now=now,
    )  # fmt: skip
    training_clocks.tick(now=now)


def test_half_days_follow_a_longer_session_and_what_is_signed_stays():
    own = opened()
    enrolment = signed(own)
    move(own, START, START + DAY + 8 * HOUR, now=NOW)
    assert [row.starts_at for row in halves(own)][::2] == [START, START + DAY]

    morning = halves(own)[0]
    sign(morning, enrolments.trainees_of(enrolment)[0])
    move(own, START + 7 * DAY, START + 7 * DAY + 8 * HOUR, now=START + 5 * HOUR)

    first, *others = halves(own)
    assert (first, first.ends_at) == (morning, morning.ends_at)
    assert [row.starts_at for row in others] == [
        START + 7 * DAY, START + 7 * DAY + timedelta(hours=4, minutes=30),
    ]  # fmt: skip
    enrolment.order.refresh_from_db()
    assert enrolment.order.service_until == (START + 7 * DAY).date()


def test_a_training_is_not_published_without_its_file():
    session = draft(seats=3, kind="training", starts_at=START, ends_at=START + 8 * HOUR)

    with pytest.raises(SessionRefused, match="avec son dossier"):
        sessions.publish_session(session_id=session.pk, now=NOW)
