"""Showrooms as everyone reads them, what providers learn, what staff does."""

from datetime import date, timedelta
from io import BytesIO

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from directory.services import merging, taxonomy_retiring
from emn.accounts.enums import Role
from emn.lib import site_search
from emn.lib.tally import Tally
from emn.mailings.models import OutboundEmail
from events import showroom_measures
from events import showroom_reading as reading
from events.enums import HostRole, Scenario
from events.models import Demonstration, DemonstrationDay, ShowroomPicture, Visit
from events.services import notebooks, showroom_clocks
from events.services import showrooms as services
from events.services.notebooks import Answer
from events.services.reference import sync_agenda
from tests.directory.factories import ServiceFactory, UserFactory, published_card
from tests.directory.test_admin import sign_in
from tests.events.factories import NOW, START
from tests.events.showroom_factories import (
    DAY,
    DemonstrationFactory,
    ShowroomFactory,
    booked,
    call,
    come,
    host,
    keep,
    supplied,
    visit,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


def text(client, path, **query):
    response = client.get(path, query)
    assert response.status_code == 200
    return response.content.decode()


# --- The database ---


def test_six_months_at_most_are_the_database_s_own():
    entered = date(2026, 8, 31)

    assert DemonstrationFactory(entered_on=entered, leaves_on=date(2027, 2, 28)).pk
    with pytest.raises(IntegrityError, match="six_months_at_most"), transaction.atomic():
        DemonstrationFactory(entered_on=entered, leaves_on=date(2027, 3, 1))
    with pytest.raises(IntegrityError, match="six_months_at_most"), transaction.atomic():
        DemonstrationFactory(entered_on=entered, leaves_on=entered)


def test_a_station_shows_one_thing_at_a_time():
    first = DemonstrationFactory(entered_on=date(2026, 8, 1), leaves_on=date(2026, 11, 1))

    after = DemonstrationFactory(
        station=first.station, entered_on=date(2026, 11, 1), leaves_on=date(2027, 1, 1)
    )
    with pytest.raises(IntegrityError, match="one_a_station"), transaction.atomic():
        DemonstrationFactory(
            station=first.station, entered_on=date(2026, 12, 31), leaves_on=date(2027, 2, 1)
        )
    assert after.pk


# --- Public pages ---


@pytest.mark.parametrize(
    "path",
    [
        "/showrooms/", "/showrooms/vendre/", "/showrooms/demonstrations/", "/showrooms/visite/",
        "/showrooms/visite/?scenario=shop", "/showrooms/droits/",
    ],
)  # fmt: skip
@pytest.mark.parametrize("language", ["", "/de", "/en"])
def test_public_pages_are_the_same_for_everyone(client, path, language):
    DemonstrationFactory()
    visit()
    call()

    answer = client.get(f"{language}{path}")

    assert answer.status_code == 200
    assert not answer.cookies
    assert "public" in answer["Cache-Control"]


def test_the_plan_and_its_list_lead_to_what_stands_there(client):
    shown = DemonstrationFactory()
    DemonstrationFactory(entered_on=date(2026, 3, 1), leaves_on=date(2026, 9, 1))

    page = text(client, "/showrooms/vendre/")

    assert page.count(f'href="{shown.get_absolute_url()}"') == 2
    assert f'aria-label="Poste {shown.station.number}, La caisse\u00a0: {shown.title}"' in page
    assert "Une nouvelle démonstration s’y prépare." in page
    assert "style=" not in page


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(
    ("path", "queries"),
    [("/showrooms/vendre/", 9), ("/showrooms/demonstrations/", 4), ("/showrooms/", 6)],
)
def test_pages_ask_the_same_number_of_questions(client, count, path, queries):
    for number in range(count):
        DemonstrationFactory()
        visit(starts=START + number * DAY)

    with CaptureQueriesContext(connection) as asked:
        client.get(path)

    assert len(asked) == queries


def test_demonstrations_are_narrowed(client):
    shop = DemonstrationFactory(theme="sales", scenarios=["shop"])
    office = DemonstrationFactory(theme="it_security", scenarios=["office", "shop"])
    DemonstrationFactory(published_at=None)

    def found(**query):
        answer = client.get("/showrooms/demonstrations/", query)
        return [row.pk for row in answer.context["found"]]

    assert found() == [shop.pk, office.pk]
    assert found(theme="it_security") == [office.pk]
    assert found(scenario="office") == [office.pk]
    assert found(scenario="shop", theme="sales", showroom="vendre") == [shop.pk]
    assert found(theme="inconnu") == [shop.pk, office.pk]


def test_a_demonstration_names_its_public_suppliers_by_name(client):
    zoe, anna = published_card(name="Zoé Numérique"), published_card(name="Anna Conseil")
    hidden = published_card(name="Masquée")
    hidden.status = "hidden"
    hidden.save()
    shown = supplied(
        DemonstrationFactory(exhibitor=zoe, price_from_cents=90000, price_to_cents=240000),
        zoe, anna, hidden,
    )  # fmt: skip

    page = text(client, shown.get_absolute_url())

    assert page.index("Anna Conseil") < page.index("Zoé Numérique")
    assert "Masquée" not in page
    assert "de 900 € à 2 400 € HT" in page.replace("\u00a0", " ").replace("\u202f", " ")
    assert '<svg viewBox="' in page  # the QR code


def test_what_has_left_keeps_its_page_and_says_so(client):
    gone = DemonstrationFactory(entered_on=date(2026, 3, 1), leaves_on=date(2026, 9, 1))
    draft = DemonstrationFactory(published_at=None)

    assert "plus au showroom" in text(client, gone.get_absolute_url())
    assert client.get(draft.get_absolute_url()).status_code == 404


def test_a_view_is_counted_for_its_day_and_nobody(client, monkeypatch):
    shown = DemonstrationFactory()
    monkeypatch.setattr(showroom_measures, "views", Tally(services.add_views))

    for _again in range(3):
        client.post("/showrooms/passage/", {"quoi": "opened", "fiche": shown.slug},
                    headers={"user-agent": "Mozilla/5.0 Firefox"})  # fmt: skip
    client.post("/showrooms/passage/", {"quoi": "opened", "fiche": "inconnue"},
                headers={"user-agent": "Mozilla/5.0 Firefox"})  # fmt: skip
    showroom_measures.views.flush()

    assert list(DemonstrationDay.objects.values_list("day", "opened")) == [(NOW.date(), 3)]


def test_everything_is_searched_here_too(client):
    shown = DemonstrationFactory(title_fr="La porte sans clé")
    DemonstrationFactory()

    (source,) = [row for row in site_search.sources if row.key == "demonstrations"]

    assert [hit.url for hit in source.search("porte cle", 5).hits] == [shown.get_absolute_url()]
    assert source.search("porte inconnue", 5).total == 0
    assert source.search("", 5).total == 0


def test_a_text_that_is_in_french_only_says_so(client):
    shown = DemonstrationFactory(title_en="The till")

    assert "Encaisser et compter." in text(client, f"/en{shown.get_absolute_url()}")
    assert 'lang="fr"' in text(client, f"/en{shown.get_absolute_url()}")
    assert '<div lang="fr">' not in text(client, shown.get_absolute_url())


def test_the_showrooms_come_with_the_agenda_once():
    first = sync_agenda(write=True)
    second = sync_agenda(write=True)

    assert first[-1].created == ["vendre-gerer-proteger", "batiment-intelligent"]
    assert second[-1].is_empty


# --- What providers learn ---


def liked(shown, count, *, outcomes=()):
    """Let `count` visitors keep a demonstration, and the first ones answer."""
    for number in range(count):
        slot = visit(starts=START + timedelta(hours=2 * number))
        notebook = come(booked(slot, number), now=slot.session.starts_at)
        (kept,) = keep(notebook, shown)
        notebooks.send(notebook_id=notebook.pk, now=START + 2 * DAY)
        if number < len(outcomes):
            notebooks.ask(notebook_id=notebook.pk, now=START + 31 * DAY)
            notebooks.answer(
                notebook_id=notebook.pk, answers={kept.pk: Answer(outcomes[number], "")},
                now=START + 31 * DAY,
            )  # fmt: skip


@pytest.mark.parametrize(("count", "told"), [(4, None), (5, 5)])
def test_a_provider_learns_nothing_of_fewer_than_five(count, told):
    mine = published_card()
    shown = supplied(DemonstrationFactory(exhibitor=mine), mine)
    liked(shown, count)

    (line,) = reading.figures(
        [shown], provider_ids=[mine.pk], since=date(2026, 11, 1), until=date(2027, 3, 1)
    )

    assert (line.favourites, line.named, line.answers) == (told, told, None)
    assert line.outcomes == {}


def test_outcomes_do_not_give_one_person_away(client, monkeypatch):
    owner = UserFactory()
    mine = published_card(owner=owner)
    shown = supplied(DemonstrationFactory(exhibitor=mine), mine)
    liked(shown, 6, outcomes=["bought"] * 5 + ["dropped"])
    monkeypatch.setattr(timezone, "now", lambda: START + 60 * DAY)
    client.force_login(owner)

    page = client.get("/showrooms/mes-demonstrations/")

    (line,) = page.context["lines"]
    assert line.answers == 6
    assert line.outcomes == {"bought": 5, "planned": None, "dropped": None}
    other = UserFactory()
    client.force_login(other)
    assert client.get("/showrooms/mes-demonstrations/").context["lines"] == []


def test_the_half_year_is_sent_once_to_the_people_of_the_card():
    owner = UserFactory()
    mine = published_card(owner=owner)
    supplied(DemonstrationFactory(exhibitor=mine), mine)
    january = NOW.replace(year=2027, month=1, day=4)

    done = [showroom_clocks.tick(now=january + number * DAY) for number in range(3)]

    sent = OutboundEmail.objects.get(kind="events/showrooms/emails/figures")
    assert done == [1, 0, 0]
    assert sent.to_email == owner.email
    assert "juillet à décembre 2026" in sent.text_body
    assert "moins de 5" in sent.text_body


@pytest.mark.parametrize(
    ("day", "half", "end", "before"),
    [
        (date(2026, 6, 30), date(2026, 1, 1), date(2026, 7, 1), date(2025, 7, 1)),
        (date(2026, 7, 1), date(2026, 7, 1), date(2027, 1, 1), date(2026, 1, 1)),
        (date(2027, 1, 1), date(2027, 1, 1), date(2027, 7, 1), date(2026, 7, 1)),
    ],
)
def test_half_years(day, half, end, before):
    assert (reading.half_of(day), reading.half_end(half), reading.half_before(day)) == (
        half, end, before,
    )  # fmt: skip


def test_the_exhibitor_is_warned_once_a_month_before():
    owner = UserFactory()
    shown = DemonstrationFactory(exhibitor=published_card(owner=owner))
    early = NOW.replace(year=2027, month=3, day=30)

    before = showroom_clocks._leaving(early)
    due = [showroom_clocks._leaving(early + 2 * DAY)]
    services.warn_leaving(demonstration_id=shown.pk, now=early + 2 * DAY)
    due.append(showroom_clocks._leaving(early + 3 * DAY))

    assert (before, due) == ([], [[shown.pk], []])
    sent = OutboundEmail.objects.get(kind="events/showrooms/emails/leaving")
    assert sent.to_email == owner.email
    assert "30 avril 2027" in sent.text_body


def test_a_merged_card_keeps_what_it_showed():
    kept, merged = published_card(), published_card()
    both = supplied(DemonstrationFactory(exhibitor=merged), kept, merged)

    missing = [
        relation for relation in merging.relations_to(merging.Provider)
        if relation[0].__module__.startswith("events.") and relation not in merging._movers
    ]  # fmt: skip

    assert missing == []
    assert both.suppliers.count() == 2


def test_a_demonstration_goes_to_the_service_that_stays():
    old, target = ServiceFactory(), ServiceFactory(code="web.boutique", slug="boutique")
    shown = DemonstrationFactory(service=old)

    taxonomy_retiring.retire_service(service_id=old.pk, target_id=target.pk, now=NOW)

    shown.refresh_from_db()
    assert shown.service == target


# --- Staff ---


@pytest.fixture
def agent(client, settings):
    settings.STAFF_MFA_REQUIRED = False
    return sign_in(client, Role.RECEPTION)


def button(model, name, row):
    return reverse(f"admin:events_{model}_{name}", args=[row.pk])


def picture():
    file = BytesIO()
    Image.new("RGB", (1200, 800), "teal").save(file, "PNG")
    return SimpleUploadedFile("photo.png", file.getvalue(), "image/png")


def test_two_hosts_who_trade_roles_are_told_that_the_role_is_held(client, agent):
    slot = visit(invited={HostRole.THERAPIST: "Anne Schmitt"})
    host, therapist = slot.hosts.order_by("pk")
    rows = {"TOTAL_FORMS": 2, "INITIAL_FORMS": 2}
    for number, (row, role) in enumerate([(host, therapist.role), (therapist, host.role)]):
        own = {"id": row.pk, "visit": slot.pk, "role": role, "full_name": row.full_name}
        rows |= {f"{number}-{name}": value for name, value in own.items()}

    page = client.post(
        reverse("admin:events_visit_change", args=[slot.pk]),
        {"scenarios": ["shop"]} | {f"hosts-{name}": value for name, value in rows.items()},
    )

    assert "Ce rôle est déjà tenu." in page.content.decode()


def test_a_photograph_is_asked_for_when_none_is_sent(client, agent):
    showroom = ShowroomFactory()

    page = client.post(button("showroom", "picture", showroom), {"alt": "La cuisine"})

    assert page.context["form"].has_error("picture", "required")
    assert not showroom.pictures.exists()


def test_slots_open_by_a_button(client, agent):
    showroom = ShowroomFactory()
    asked = {
        "scenarios": ["shop"], "first_on": "2026-12-07", "last_on": "2026-12-18",
        "weekdays": ["1", "3"], "hours": "9:30, 14 h", "minutes": 60, "seats": 8,
        "group_limit": 4, "host": agent.pk, "therapist": "Anne Schmitt", "craftsman": "",
    }  # fmt: skip

    wrong = client.post(button("showroom", "slots", showroom), asked | {"hours": "midi"})
    long = client.post(button("showroom", "slots", showroom), asked | {"hours": "99999999999"})
    right = client.post(button("showroom", "slots", showroom), asked)
    again = client.post(button("showroom", "slots", showroom), asked)

    assert "n’est pas une heure" in wrong.content.decode()
    assert "n’est pas une heure" in long.content.decode()
    assert right.status_code == 302
    starts = [row.session.local_start for row in Visit.objects.order_by("session__starts_at")]
    assert [f"{start:%a %d %H:%M}" for start in starts] == [
        "Tue 08 09:30", "Tue 08 14:00", "Thu 10 09:30", "Thu 10 14:00",
        "Tue 15 09:30", "Tue 15 14:00", "Thu 17 09:30", "Thu 17 14:00",
    ]  # fmt: skip
    assert "reçoit déjà" in again.content.decode()
    assert Visit.objects.count() == 8


def test_photographs_are_written_again_and_taken_off(client, agent):
    shown = DemonstrationFactory()
    path = button("demonstration", "picture", shown)

    refused = client.post(
        path, {"picture": SimpleUploadedFile("x.png", b"<svg>"), "alt": "La caisse"}
    )
    forgotten = client.post(path, {"alt": "La caisse"})
    client.post(path, {"picture": picture(), "alt": "La caisse ouverte"})

    row = ShowroomPicture.objects.get()
    assert refused.status_code == forgotten.status_code == 200
    assert row.widths == [480, 960, 1200]
    page = text(client, shown.get_absolute_url())
    assert 'alt="La caisse ouverte"' in page
    assert all(default_storage.exists(name) for name in row.files)
    client.post(button("showroompicture", "remove", row))
    assert not ShowroomPicture.objects.exists()
    assert not any(default_storage.exists(name) for name in row.files)


def test_a_demonstration_is_published_and_leaves_by_buttons(client, agent):
    shown = DemonstrationFactory(published_at=None)

    client.post(button("demonstration", "publish", shown))
    late = client.post(button("demonstration", "leave", shown), {"on": "2027-05-02"})
    client.post(button("demonstration", "leave", shown), {"on": "2026-11-23"})

    assert "Choisissez un jour" in late.content.decode()
    row = Demonstration.objects.get()
    assert (row.published_at, row.is_in_place(on=NOW.date())) == (NOW, False)


def test_the_host_lets_people_in_and_keeps_for_them(client, agent, monkeypatch):
    shown = DemonstrationFactory()
    notebook = booked(visit())
    monkeypatch.setattr(timezone, "now", lambda: START)
    client.force_login(agent)

    page = text(client, "/showrooms/accueil/")
    client.post("/showrooms/accueil/", {"notebook": notebook.pk, "do": "enter"})
    own = f"/showrooms/accueil/carnet/{notebook.pk}/"
    client.post(own, {"do": "add", "demonstration": shown.pk})

    assert "Visiteur 1" in page
    assert "/agenda/accueil/" in page
    sign_in(client, Role.ADVISER)
    assert "/agenda/accueil/" not in text(client, "/showrooms/accueil/")
    notebook.registration.refresh_from_db()
    assert notebook.registration.status == "present"
    assert notebook.favourites.get().added_by_host
    client.post(own, {"do": "remove", "demonstration": shown.pk})
    assert not notebook.favourites.exists()


@pytest.mark.parametrize("count", [1, 3])
def test_the_hosts_day_asks_the_same_number_of_questions(client, agent, monkeypatch, count):
    for number in range(count):
        keep(booked(visit(starts=START + timedelta(hours=-2 * number)), number),
             DemonstrationFactory(), now=START)  # fmt: skip
    monkeypatch.setattr(timezone, "now", lambda: START)
    client.force_login(agent)
    client.get("/showrooms/accueil/")

    with CaptureQueriesContext(connection) as asked:
        client.get("/showrooms/accueil/")

    own = [query for query in asked if '"events_' in query["sql"]]
    assert len(own) == 6


def test_pages_of_staff_are_for_staff(client, settings):
    settings.STAFF_MFA_REQUIRED = False
    notebook = booked(visit())
    client.force_login(UserFactory())

    for path in ("accueil/", f"accueil/carnet/{notebook.pk}/", "affichettes/", "chiffres/"):
        assert client.get(f"/showrooms/{path}").status_code == 403


def test_labels_and_figures(client, agent, monkeypatch):
    shown = DemonstrationFactory()
    come(booked(visit(), scenario=Scenario.CRAFT), now=START)
    monkeypatch.setattr(timezone, "now", lambda: START + DAY)
    client.force_login(agent)

    assert '<svg viewBox="' in text(client, "/showrooms/affichettes/")
    page = client.get("/showrooms/chiffres/")
    figures = page.context["figures"]
    assert (figures.visits, figures.booked, figures.came) == (1, 1, 1)
    assert ("Artisan", 1, 1) in figures.by_scenario
    assert client.get("/showrooms/chiffres/", {"du": "2026-13-45"}).status_code == 200
    assert shown.pk


def test_a_call_goes_from_draft_to_decision_by_buttons(client, agent, monkeypatch):
    made = call(publish=False)
    client.post(button("rightscall", "publish", made))
    made.refresh_from_db()
    changed = client.get(reverse("admin:events_rightscall_change", args=[made.pk]))
    monkeypatch.setattr(timezone, "now", lambda: NOW + 12 * DAY)
    client.post(button("rightscall", "decide", made))

    assert made.seed
    assert made.seed not in changed.content.decode()
    made.refresh_from_db()
    assert (made.decided_at, made.decided_by) == (NOW + 12 * DAY, agent)
    assert host().pk
