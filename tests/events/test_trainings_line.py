"""The waiting list of a training: its line is that of the agenda, its seats take an agreement."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier
from uuid import uuid4

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from emn.mailings.models import OutboundEmail
from events.models import Enrolment, Registration, Session
from events.services import doors, enrolment_ends, enrolments, registrations, releases, telling
from events.services.seats import RegistrationRefused
from tests.directory.factories import UserFactory
from tests.events.factories import HOUR, NOW, mails, register, waiting
from tests.events.money import COMPANY, PERSON
from tests.events.test_registration_pages import sign_up
from tests.events.test_trainings_pages import form_of
from tests.events.trainings import START, enrolled, opened, people, signed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]


@pytest.fixture
def full():
    """A training of two seats, both sold, and one company that waits for them."""
    own = opened(seats=2, group_limit=2)
    signed(own)
    waiting(own.session, 9, people=2, full_name="Jean Roth", company_name="Menuiserie Roth")
    return own


def offered(own, *, now=NOW):
    """The two seats come back: they are offered to who waits."""
    enrolment = Enrolment.objects.get(training_session=own)
    enrolment_ends.give_back(enrolment_id=enrolment.pk, agreed_cents=0, now=now)
    return Registration.objects.get(email="personne9@entreprise.example")


def enrol(own, offer, *, count=2, now=NOW, buyer=COMPANY):
    enrolments.enrol(
        training_session_id=own.pk, buyer=buyer, funding="company", language="fr",
        trainees=people(count, 20), offer_id=offer.pk, now=now,
    )  # fmt: skip
    return Enrolment.objects.latest("pk")


def held(enrolment):
    return Registration.objects.filter(trainee__enrolment=enrolment)


def last_opened():
    return (
        OutboundEmail.objects.filter(kind="events/trainings/emails/opened").latest("pk").text_body
    )


def test_a_free_seat_of_a_training_is_taken_by_an_agreement_alone(full):
    own = opened(seats=3)

    with pytest.raises(RegistrationRefused, match="par la page de la formation"):
        register(own.session, 1)
    offer = offered(full)
    with pytest.raises(RegistrationRefused, match="dossier d’inscription"):
        registrations.take_seat(registration_id=offer.pk, now=NOW)

    assert own.session.registrations.count() == 0
    assert offer.status == "offered"


def test_who_waits_for_a_training_enrols_with_the_seats_that_are_offered(full):
    offer = offered(full)
    assert mails("offer").get().to_email == "personne9@entreprise.example"

    enrolment = enrol(full, offer)

    offer.refresh_from_db()
    assert (offer.status, offer.end_reason) == ("cancelled", "enrolled")
    assert [row.status for row in held(enrolment)] == ["held", "held"]
    assert full.session.registrations.holding().seats() == 2


def test_the_seats_of_an_offer_wait_no_less_for_another_mailbox(full):
    offer = offered(full)
    until = offer.expires_at

    enrolment = enrol(full, offer)

    assert until > NOW + 2 * HOUR
    assert (enrolment.confirmed_at, enrolment.expires_at) == (None, until)
    assert {row.expires_at for row in held(enrolment)} == {until}
    body = last_opened()
    assert "jusqu’au mardi 24 novembre 2026" in body
    assert "pour les garder" in body


def test_the_mailbox_that_an_offer_proved_has_the_time_of_signing(full):
    offer = offered(full)

    enrolment = enrol(full, offer, buyer=replace(COMPANY, email=f" {offer.email.upper()}"))

    week = NOW + timedelta(days=7)
    assert (enrolment.confirmed_at, enrolment.expires_at) == (NOW, week)
    assert {row.expires_at for row in held(enrolment)} == {week}
    body = last_opened()
    assert "jusqu’au lundi 30 novembre 2026" in body
    assert "pour les garder" not in body


def test_who_enrolled_from_an_offer_is_led_to_the_message_not_back(client, full):
    offer = offered(full)
    enrol(full, offer)

    page = client.get(reverse("events:registration", args=[telling.token(offer.pk)]))

    assert "Votre dossier d’inscription est ouvert" in page.content.decode()
    assert "S’inscrire à nouveau" not in page.content.decode()


def test_an_offer_is_for_so_many_and_what_is_left_goes_to_the_next(full):
    waiting(full.session, 10)
    offer = offered(full)

    with pytest.raises(RegistrationRefused, match="2 places, pas davantage"):
        enrol(full, offer, count=3)
    enrol(full, offer, count=1)

    following = Registration.objects.get(email="personne10@entreprise.example")
    assert following.status == "offered"
    assert full.session.registrations.holding().seats() == 2


def test_an_offer_that_is_over_or_taken_opens_nothing(full):
    offer = offered(full)

    with pytest.raises(RegistrationRefused, match="plus gardée"):
        enrol(full, offer, now=offer.expires_at)
    enrol(full, offer)
    with pytest.raises(RegistrationRefused, match="plus gardée"):
        enrol(full, offer)

    assert Enrolment.objects.going().count() == 1


def test_the_offer_stays_when_one_of_the_trainees_waits_on_their_own(full):
    waiting(full.session, 20, email="s20@meyer.example")
    offer = offered(full)

    enrol(full, offer)

    offer.refresh_from_db()
    assert offer.status == "offered"
    told = OutboundEmail.objects.get(kind="events/trainings/emails/already").text_body
    assert "ou une demande en attente" in told
    assert "reste gardée" in told


@pytest.mark.django_db(transaction=True)
def test_an_offer_taken_by_four_at_once_makes_one_enrolment(full):
    offer = offered(full)
    barrier = Barrier(4)

    def go(_number):
        barrier.wait()
        try:
            enrol(full, offer)
        except RegistrationRefused:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(4) as pool:
        won = list(pool.map(go, range(4)))

    assert sum(won) == 1
    assert full.session.registrations.holding().seats() == 2


def test_the_pages_lead_to_the_line_then_to_the_agreement(client, monkeypatch, full):
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    slug, training = full.session.slug, full.training
    enrol_url = reverse("trainings:enrol", args=[training.slug, slug])
    line_url = reverse("events:register", args=[slug])

    page = client.get(training.get_absolute_url()).content.decode()
    assert "Rejoindre la liste d’attente" in page
    assert client.get(enrol_url).headers["Location"] == line_url
    assert client.get(line_url).status_code == 200

    offer = offered(full)
    follow = reverse("events:registration", args=[telling.token(offer.pk)])
    taking = reverse("trainings:enrol_offered", args=[telling.token(offer.pk)])
    assert taking in client.get(follow).content.decode()
    page = client.get(taking).content.decode()
    assert "La liste d’attente vous garde 2 places" in page
    assert 'value="Menuiserie Roth"' in page

    monkeypatch.setattr(timezone, "now", lambda: NOW + 25 * HOUR)
    releases.end_out_of_time(session_id=full.session_id, now=NOW + 25 * HOUR)
    assert client.get(taking).headers["Location"] == follow
    assert client.get(line_url).headers["Location"] == enrol_url
    assert client.get(taking.replace("place/", "place/x")).status_code == 404


def test_a_refusal_for_lack_of_seats_leads_to_the_line(client, monkeypatch):
    monkeypatch.setattr("emn.lib.forms.FASTEST_FILL", timedelta(0))
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    own = opened(seats=1)
    url = reverse("trainings:enrol", args=[own.training.slug, own.session.slug])
    assert client.get(url).status_code == 200
    enrolled(own, count=1)

    page = client.post(url, {"buyer_kind": "company"})

    assert reverse("events:register", args=[own.session.slug]) in page.content.decode()


def test_a_seat_that_an_agreement_took_ends_with_its_enrolment_alone(full):
    seat = Registration.objects.get(email="s1@meyer.example")

    with pytest.raises(RegistrationRefused, match="dossier de formation"):
        registrations.cancel_registration(registration_id=seat.pk, now=NOW)
    with pytest.raises(RegistrationRefused, match="dossier de formation"):
        registrations.change_registration(
            registration_id=seat.pk, full_name="Autre", company_name="", people=1, now=NOW
        )
    line = Registration.objects.get(email="personne9@entreprise.example")
    registrations.cancel_registration(registration_id=line.pk, now=NOW)

    seat.refresh_from_db()
    line.refresh_from_db()
    assert (seat.status, line.status) == ("confirmed", "cancelled")


def test_nobody_enters_a_training_from_the_street(full):
    def walk_in(email):
        return doors.walk_in(
            session_id=full.session_id, full_name="Jean Petit", company_name="", email=email,
            pool_id=None, client_id=uuid4(), by_id=UserFactory().pk, now=START, beyond=True,
        )  # fmt: skip

    for stranger in ("", "jean@petit.example", "personne9@entreprise.example"):
        with pytest.raises(doors.DoorRefused, match="sur dossier"):
            walk_in(stranger)

    assert walk_in("s1@meyer.example").outcome == "ok"


# --- Pools of their own, groups, the last hours, and one company ---


def urls(own):
    enrol_url = reverse("trainings:enrol", args=[own.training.slug, own.session.slug])
    return enrol_url, reverse("events:register", args=[own.session.slug])


@pytest.fixture
def live(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    monkeypatch.setattr("emn.lib.forms.FASTEST_FILL", timedelta(0))


def test_a_full_room_has_its_line_while_seats_are_free_from_afar(client, live):
    own = opened(seats=1, remote=5)
    room = own.session.pools.get(mode="on_site")
    enrol_url, line_url = urls(own)
    assert client.get(line_url).headers["Location"] == enrol_url
    enrolled(own, count=1, pool_id=room.pk)

    page = client.get(enrol_url)
    assert page.status_code == 200
    assert line_url in page.content.decode()
    assert page.context["form"]["pool"].value() != room.pk
    assert client.get(line_url).status_code == 200
    assert sign_up(client, own.session)["Location"].endswith("/liste-attente/")
    assert Registration.objects.get(status="pending").pool == room


def test_a_group_larger_than_what_is_left_has_its_line(client, live):
    own = opened(seats=3, group_limit=2)
    enrolled(own, count=2)
    enrol_url, line_url = urls(own)

    page = client.post(enrol_url, form_of())
    assert f"{line_url}?people=2" in page.content.decode()
    form = client.get(f"{line_url}?people=2")
    assert form.context["form"]["people"].value() == 2
    sent = sign_up(client, own.session, path=f"{line_url}?people=2", people=2)
    alone = sign_up(client, own.session, "b@x.example", path=f"{line_url}?people=2", people=1)

    assert sent["Location"].endswith("/liste-attente/")
    assert Registration.objects.get(status="pending").seats == 2
    assert "par la page de la formation" in alone.content.decode()
    assert client.get(line_url).headers["Location"] == enrol_url


def test_in_the_last_hours_a_line_that_is_offered_nothing_keeps_no_seat(client, monkeypatch, full):
    enrol_url, line_url = urls(full)
    last = START - 3 * HOUR
    signed_one = Enrolment.objects.get()
    monkeypatch.setattr(timezone, "now", lambda: last)
    assert client.get(enrol_url).headers["Location"] == line_url

    monkeypatch.setattr(timezone, "now", lambda: last + timedelta(seconds=1))
    later = timezone.now()
    agreed = enrolment_ends.ending_of(signed_one, now=later).owed_cents
    enrolment_ends.give_back(enrolment_id=signed_one.pk, agreed_cents=agreed, now=later)
    assert full.session.registrations.get(status="waiting").seats == 2
    assert client.get(enrol_url).status_code == 200
    enrolment = enrolled(full, trainees=people(2, 30), now=later)

    assert [row.status for row in held(enrolment)] == ["held", "held"]


def test_of_one_company_are_enrolled_so_many_whatever_its_establishments():
    own = opened(seats=9, company_limit=3)
    enrolled(own, count=2)
    other = replace(COMPANY, siret="73282932000082")

    with pytest.raises(RegistrationRefused, match="3 personnes au plus d’une même entreprise"):
        enrolled(own, trainees=people(2, 10), buyer=other)
    enrolled(own, trainees=people(1, 10), buyer=other)
    enrolled(own, buyer=PERSON)

    assert own.session.registrations.holding().seats() == 4


def test_the_seats_of_an_offer_count_once_for_its_company(full):
    Session.objects.filter(pk=full.session_id).update(company_limit=2)
    Registration.objects.filter(status="waiting").update(siret="73282932000082")
    offer = offered(full)

    enrol(full, offer)

    assert full.session.registrations.holding().seats() == 2


def test_who_asks_again_is_told_what_stands_for_them(full):
    def asks(email):
        register(full.session, email=email, now=NOW + HOUR)
        return mails("already").latest("pk").text_body

    offer = offered(full)
    assert "Une place vous est proposée jusqu’au mardi 24 novembre 2026" in asks(offer.email)
    enrol(full, offer)
    body = asks("s20@meyer.example")
    assert "par un dossier d’inscription" in body
    assert "Prendre la place" not in body
