"""Slots, booking, notebooks: from the plan to the answer at thirty days, without a cookie."""

import re
from base64 import b64decode
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from directory.models import RequestPause
from emn.accounts.services import erase_account, purge_personal_data
from emn.mailings.models import OutboundEmail
from events.enums import HostRole, Scenario
from events.models import (
    Favourite,
    NamedProvider,
    Registration,
    Session,
    Visit,
    VisitHost,
    VisitNotebook,
)
from events.services import notebooks, registrations, sessions, showroom_clocks, visits
from events.services.notebooks import Answer, NotebookRefused
from events.services.visits import VisitRefused
from tests.directory.factories import UserFactory, published_card
from tests.events.factories import HOUR, NOW, START, mails, published
from tests.events.showroom_factories import (
    DAY,
    DemonstrationFactory,
    ShowroomFactory,
    booked,
    come,
    host,
    keep,
    supplied,
    visit,
)
from tests.events.test_registration_pages import sign_up

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]

AFTER = START + 3 * HOUR


def mail(kind):
    return OutboundEmail.objects.get(kind=f"events/showrooms/emails/{kind}")


def at(monkeypatch, now):
    monkeypatch.setattr(timezone, "now", lambda: now)


def page_of(notebook, **fields):
    return notebooks.path(notebook, "fr", **fields)


def opened_by(text):
    """The notebook that the address in a text opens: a secret is dated, hence never twice equal."""
    return notebooks.notebook_of(re.search(r"/showrooms/carnet/([^/\s]+)/", text)[1])


# --- Slots ---


def test_a_slot_is_a_session_of_the_agenda_with_its_hosts():
    made = visit(invited={HostRole.THERAPIST: "Anne Schmitt"})

    session = made.session
    assert (session.kind, session.status, session.room.slug) == (
        "visit", "published", "showroom-1",
    )  # fmt: skip
    assert session in Session.objects.shown()
    assert session.pools.get().size == 8
    assert sorted(made.hosts.values_list("role", "full_name")) == [
        ("host", "Nora Klein"), ("therapist", "Anne Schmitt"),
    ]  # fmt: skip


def test_a_single_scenario_is_in_the_title_in_three_languages():
    session = visit(scenarios=[Scenario.SHOP]).session

    assert "Commerce de centre-ville" in session.title_fr
    assert session.title_de.startswith(("Visite", "Besuch"))


def test_a_room_is_not_booked_twice_and_no_slot_is_half_opened():
    published(room=ShowroomFactory().room, starts_at=START + DAY, now=NOW)

    with pytest.raises(VisitRefused, match="09/12/2026"):
        visits.open_visits(
            showroom_id=ShowroomFactory().pk, scenarios=[Scenario.SHOP],
            starts=[START, START + DAY], length=timedelta(hours=1), seats=8, group_limit=4,
            host_id=host().pk, invited={}, now=NOW,
        )  # fmt: skip

    assert not Visit.objects.exists()


def test_a_host_receives_one_visit_at_a_time():
    from tests.events.factories import RoomFactory

    other = ShowroomFactory(slug="batiment", room=RoomFactory(slug="showroom-2"))
    visit()

    with pytest.raises(VisitRefused, match="Nora Klein reçoit déjà"):
        visit(showroom=other, starts=START + timedelta(minutes=30))
    assert visit(showroom=other, starts=START + HOUR).pk


def test_slots_are_refused_in_the_past_and_without_a_scenario():
    with pytest.raises(VisitRefused):
        visit(starts=NOW - HOUR)
    with pytest.raises(VisitRefused):
        visit(scenarios=[])


# --- Booking ---


def test_booking_opens_a_notebook_with_its_scenario():
    notebook = booked(visit(), scenario=Scenario.CRAFT)

    assert (notebook.scenario, len(notebook.code)) == ("craft", 6)
    assert notebook.registration.status == "registered"
    confirmed = mails("confirmed").get()
    assert opened_by(confirmed.text_body) == notebook
    assert notebook.code in confirmed.text_body


def test_a_scenario_that_the_slot_does_not_take_is_refused():
    with pytest.raises(VisitRefused):
        booked(visit(scenarios=[Scenario.SHOP]), scenario=Scenario.PARENT)
    assert not Registration.objects.exists()


def test_a_full_slot_has_a_waiting_list_and_one_promotion_path():
    slot = visit(seats=1)
    first = booked(slot, 1)
    visits.book(
        visit=slot, scenario=Scenario.SHOP, full_name="Léa", email="lea@meyer.example",
        company_name="", siret="", people=1, language="fr", now=NOW,
    )  # fmt: skip
    second = VisitNotebook.objects.exclude(pk=first.pk).get()
    registrations.enter_line(registration_id=second.registration_id, now=NOW)

    registrations.cancel_registration(registration_id=first.registration_id, now=NOW)

    second.registration.refresh_from_db()
    assert second.registration.status == "offered"


def test_the_form_books_by_scenario_without_a_cookie(client):
    slot = visit(starts=timezone.now() + 10 * DAY, now=timezone.now())
    path = f"/showrooms/visite/{slot.session.slug}/"

    shown = client.get(path, {"scenario": "craft"}).content.decode()
    sent = sign_up(client, slot.session, path=path, scenario="craft", people="1")

    assert re.search(r'value="craft"[^>]*checked', shown)
    assert sent["Location"] == "/agenda/inscription/place-gardee/"
    assert VisitNotebook.objects.get().scenario == "craft"
    assert not client.cookies
    redirected = client.get(f"/agenda/{slot.session.slug}/inscription/")
    assert redirected["Location"] == path


def test_the_choice_shows_the_slots_of_the_scenario(client):
    now = timezone.now()
    shop = visit(starts=now + 5 * DAY, scenarios=[Scenario.SHOP], now=now)
    visit(starts=now + 6 * DAY, scenarios=[Scenario.CRAFT], now=now)
    visit(starts=now + 7 * DAY, scenarios=[Scenario.SHOP], now=now)
    cancelled = Visit.objects.latest("pk").session_id
    sessions.cancel_session(session_id=cancelled, reason="Panne", now=now)

    nothing = client.get("/showrooms/visite/").context["slots"]
    found = client.get("/showrooms/visite/", {"scenario": "shop"}).context["slots"]
    unknown = client.get("/showrooms/visite/", {"scenario": "x"}).context["slots"]

    assert [slot.visit.pk for slot in found] == [shop.pk]
    assert (nothing, unknown) == ([], [])


# --- On site ---


def test_the_code_is_good_on_the_day_alone(monkeypatch):
    notebook = booked(visit())

    assert notebooks.notebook_by_code(notebook.code, now=START - DAY) is None
    assert notebooks.notebook_by_code(f" {notebook.code.lower()} ", now=START) == notebook
    assert notebooks.notebook_by_code("ZZZZZZ", now=START) is None
    registrations.cancel_registration(registration_id=notebook.registration_id, now=NOW)
    assert notebooks.notebook_by_code(notebook.code, now=START) is None


def test_a_code_typed_keeps_the_demonstration(client, monkeypatch):
    from emn.lib import forms

    monkeypatch.setattr(forms, "FASTEST_FILL", timedelta(0))
    shown = DemonstrationFactory()
    notebook = booked(visit())
    at(monkeypatch, START)
    challenge = forms.new_challenge(now=START)

    wrong = client.post(
        "/showrooms/carnet/",
        {"code": "AAAAAA", "demonstration": shown.slug, "challenge": challenge},
    )
    sent = client.post(
        "/showrooms/carnet/",
        {
            "code": notebook.code, "demonstration": shown.slug,
            "challenge": forms.new_challenge(now=START),
        },
    )  # fmt: skip

    assert "n’ouvre aucune visite" in wrong.content.decode()
    assert opened_by(sent["Location"]) == notebook
    assert sent["Location"].endswith("/?dit=add")
    assert notebook.favourites.get().demonstration == shown
    assert not client.cookies


def test_favourites_come_and_go_by_buttons(client, monkeypatch):
    shown, other = DemonstrationFactory(), DemonstrationFactory()
    notebook = booked(visit())
    at(monkeypatch, START)
    path = page_of(notebook)

    looked = client.get(path, {"do": "add", "demonstration": shown.slug})
    assert not Favourite.objects.exists()
    for _again in range(2):
        client.post(path, {"do": "add", "demonstration": shown.slug})
    client.post(path, {"do": "add", "demonstration": other.slug})
    client.post(path, {"do": "remove", "demonstration": other.slug})
    client.post(path, {"do": "note", "note": "Demander le prix."})

    assert looked.status_code == 200
    assert [row.demonstration for row in Favourite.objects.all()] == [shown]
    assert "Demander le prix." in client.get(path).content.decode()
    assert client.post(path, {"do": "add", "demonstration": "inconnue"}).status_code == 404
    assert not client.cookies


def test_nothing_is_kept_without_a_seat_nor_once_sent():
    shown = DemonstrationFactory()
    notebook = come(booked(visit()))
    keep(notebook, shown)
    notebooks.send(notebook_id=notebook.pk, now=AFTER)
    cancelled = booked(visit(starts=START + DAY), 2)
    registrations.cancel_registration(registration_id=cancelled.registration_id, now=NOW)

    for closed in (notebook, cancelled):
        with pytest.raises(NotebookRefused):
            keep(closed, DemonstrationFactory())
    with pytest.raises(NotebookRefused):
        notebooks.remove_favourite(notebook_id=notebook.pk, demonstration_id=shown.pk)


def test_what_has_left_is_not_kept():
    gone = DemonstrationFactory(entered_on=date(2026, 6, 1), leaves_on=date(2026, 12, 1))

    with pytest.raises(NotebookRefused, match="plus au showroom"):
        keep(booked(visit()), gone)


def test_a_foreign_or_spoilt_secret_opens_nothing(client):
    notebook = booked(visit())

    for secret in (notebooks.token(notebook.pk)[:-2] + "aa", "1", notebook.registration.ticket):
        assert client.get(f"/showrooms/carnet/{secret}/").status_code == 404


# --- Afterwards ---


def test_who_kept_something_has_the_notebook_though_nobody_read_the_ticket():
    notebook = booked(visit())
    keep(notebook, DemonstrationFactory())
    nothing = booked(visit(starts=START + DAY), 2)
    Registration.objects.filter(notebook__in=[notebook, nothing]).update(status="absent")

    assert showroom_clocks.tick(now=AFTER + DAY) == 1
    assert mail("notebook").to_email == notebook.registration.email


def test_the_notebook_is_sent_once_with_three_providers_for_each_favourite():
    cards = [published_card() for _n in range(4)]
    shown = supplied(DemonstrationFactory(), *cards)
    notebook = come(booked(visit()))
    (favourite,) = keep(notebook, shown)

    assert showroom_clocks.tick(now=START + HOUR) == 0  # the visit has only just ended
    assert showroom_clocks.tick(now=AFTER) == 1
    assert showroom_clocks.tick(now=AFTER + HOUR) == 0

    named = list(favourite.named.order_by("rank"))
    sent = mail("notebook")
    assert [row.rank for row in named] == [1, 2, 3]
    assert all(row.supplies and row.trust_class == "C" for row in named)
    assert shown.title in sent.text_body
    assert opened_by(sent.text_body) == notebook
    assert all(row.provider.name in sent.text_body for row in named)
    (attached,) = sent.attachments
    assert attached[:2] == ["carnet-de-visite.pdf", "application/pdf"]
    assert b64decode(attached[2]).startswith(b"%PDF")


def test_who_did_not_come_and_kept_nothing_gets_no_notebook():
    booked(visit())

    assert showroom_clocks.tick(now=AFTER) == 0
    assert not OutboundEmail.objects.filter(kind="events/showrooms/emails/notebook").exists()


def test_only_cards_that_may_be_proposed_are_named():
    paused, hidden, fine = published_card(), published_card(), published_card()
    RequestPause.objects.create(provider=paused, started_at=NOW)
    hidden.status = "hidden"
    hidden.save()
    shown = supplied(DemonstrationFactory(), paused, hidden)
    notebook = come(booked(visit()))
    keep(notebook, shown)
    fine.quality = 0.9
    fine.save()

    notebooks.send(notebook_id=notebook.pk, now=AFTER)

    assert list(NamedProvider.objects.values_list("provider", "supplies")) == [(fine.pk, False)]


def test_the_page_prints_the_seed_that_gives_the_order_again(client, monkeypatch):
    from directory.matching.ranking import draw

    cards = [published_card() for _n in range(3)]
    shown = supplied(DemonstrationFactory(), *cards)
    notebook = come(booked(visit()))
    (favourite,) = keep(notebook, shown)
    notebooks.send(notebook_id=notebook.pk, now=AFTER)
    at(monkeypatch, AFTER)

    page = client.get(page_of(notebook)).content.decode()

    day, key = re.search(r"<code>(\d{4}-\d\d-\d\d)/(\d+)</code>", page).groups()
    assert (day, int(key)) == ("2026-12-08", favourite.pk)
    again = sorted(
        (card.pk for card in cards),
        key=lambda card: draw(card, need=int(key), day=date.fromisoformat(day)),
    )
    assert list(favourite.named.order_by("rank").values_list("provider", flat=True)) == again


def test_the_pdf_is_there_at_any_time(client, monkeypatch):
    notebook = come(booked(visit()))
    keep(notebook, DemonstrationFactory())
    at(monkeypatch, START)

    answer = client.get(page_of(notebook, name="pdf"))

    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")
    assert "no-store" in answer["Cache-Control"]


# --- Thirty days ---


def asked(number=1, *, now=AFTER):
    notebook = come(booked(visit(), number))
    kept = keep(notebook, DemonstrationFactory(), DemonstrationFactory())
    notebooks.send(notebook_id=notebook.pk, now=now)
    return notebook, kept


def test_the_question_comes_once_after_thirty_days(client, monkeypatch):
    notebook, kept = asked()

    assert showroom_clocks.tick(now=START + 29 * DAY) == 0
    late = START + 31 * DAY
    done = [showroom_clocks.tick(now=late), showroom_clocks.tick(now=late + DAY)]
    at(monkeypatch, late)
    path = page_of(notebook, name="question")
    first, second = kept
    before = client.get(path)
    empty = client.post(path, {})
    words = client.post(path, {f"reason_{first.pk}": "Trop cher."})
    sent = client.post(
        path,
        {
            f"outcome_{first.pk}": "bought", f"reason_{first.pk}": "Simple.",
            f"outcome_{second.pk}": "dropped", f"reason_{second.pk}": "Trop cher.",
        },
    )  # fmt: skip

    assert done == [1, 0]
    assert opened_by(mail("question").text_body) == notebook
    assert before.status_code == 200
    assert "au moins une démonstration" in empty.content.decode()
    assert "Trop cher." in words.content.decode()  # nothing typed is lost
    assert opened_by(sent["Location"]) == notebook
    assert sent["Location"].endswith("/?dit=answer")
    assert sorted(Favourite.objects.values_list("outcome", "reason")) == [
        ("bought", "Simple."), ("dropped", "Trop cher."),
    ]  # fmt: skip


def test_nobody_answers_before_being_asked_nor_for_somebody_else(client, monkeypatch):
    notebook, (first, _second) = asked()
    other = come(booked(visit(starts=START + DAY), 2))
    at(monkeypatch, AFTER)

    assert client.get(page_of(notebook, name="question")).status_code == 404
    notebooks.ask(notebook_id=notebook.pk, now=AFTER)
    with pytest.raises(NotebookRefused):
        notebooks.answer(notebook_id=other.pk, answers={first.pk: Answer("bought", "")}, now=AFTER)
    first.refresh_from_db()
    assert first.outcome == ""


def test_a_clock_that_stood_still_does_not_ask_about_a_forgotten_visit():
    asked()

    showroom_clocks.tick(now=START + 120 * DAY)

    assert not OutboundEmail.objects.filter(kind="events/showrooms/emails/question").exists()


def test_a_registration_without_a_notebook_gets_one():
    slot = visit()
    registrations.register(
        session_id=slot.session_id, pool_id=None, full_name="Léa", email="lea@meyer.example",
        company_name="", language="fr", now=NOW,
    )  # fmt: skip

    assert showroom_clocks.tick(now=NOW) == 1
    assert VisitNotebook.objects.get().scenario == "shop"


# --- The database, and people's rights ---


def test_a_favourite_and_its_answer_are_whole():
    notebook = booked(visit())
    (kept,) = keep(notebook, DemonstrationFactory())

    with pytest.raises(IntegrityError, match="events_favourite_answer_is_whole"):
        Favourite.objects.filter(pk=kept.pk).update(outcome="bought")


def test_erasing_a_person_empties_the_words_and_keeps_what_is_counted(client):
    user = UserFactory(email="lea@meyer.example")
    notebook = come(booked(visit(), email=user.email))
    (first,) = keep(notebook, DemonstrationFactory())
    notebooks.write_note(notebook_id=notebook.pk, note="Appeler Paul")
    notebooks.send(notebook_id=notebook.pk, now=AFTER)
    notebooks.ask(notebook_id=notebook.pk, now=AFTER)
    notebooks.answer(
        notebook_id=notebook.pk, answers={first.pk: Answer("bought", "Pour Paul")}, now=AFTER
    )

    erase_account(user_id=user.pk)

    notebook.refresh_from_db()
    first.refresh_from_db()
    assert (notebook.note, first.reason, first.outcome) == ("", "", "bought")
    assert notebooks.notebook_of(notebooks.token(notebook.pk)) is None


def test_words_and_hosts_go_after_a_year():
    notebook = booked(visit())
    keep(notebook, DemonstrationFactory())
    notebooks.write_note(notebook_id=notebook.pk, note="Appeler Paul")

    purge_personal_data(now=START + 300 * DAY, write=True)
    kept = VisitNotebook.objects.get().note
    purge_personal_data(now=START + 400 * DAY, write=True)

    assert kept == "Appeler Paul"
    assert VisitNotebook.objects.get().note == ""
    assert VisitHost.objects.get().full_name == ""
    assert Favourite.objects.count() == 1


@pytest.mark.parametrize("count", [1, 4])
def test_the_choice_asks_the_same_number_of_questions(client, count):
    now = timezone.now()
    for number in range(count):
        visit(starts=now + (3 + number) * DAY, now=now)

    with CaptureQueriesContext(connection) as asked_:
        client.get("/showrooms/visite/", {"scenario": "shop"})

    assert len(asked_) == 5
