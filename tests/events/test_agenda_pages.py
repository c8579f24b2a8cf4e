"""The agenda as everyone reads it: by week, by month, one session; no cookie, constant queries."""

import json
import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from directory.models import Provider
from emn.lib import home_blocks, page_cache, site_search
from events.models import CapacityPool, Session, Speaker
from events.services import registrations, sessions
from tests.directory.factories import published_card
from tests.events.factories import HOUR, NOW, RoomFactory, ThemeFactory, published, register, seated

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]

PARIS = ZoneInfo("Europe/Paris")


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


def text(client, path, **query):
    response = client.get(path, query)
    assert response.status_code == 200
    return response.content.decode()


def titles(client, **query):
    found = client.get("/agenda/", query).context["agenda"]
    return [line.session.title for week in found.weeks for line in week.lines]


def on(day, hour=9, **fields):
    start = datetime(*day, hour, tzinfo=PARIS)
    return published(starts_at=start, ends_at=start + 2 * HOUR, **fields)


def test_the_list_goes_by_week_and_leaves_out_what_is_over_private_or_a_draft(client):
    on((2026, 12, 1), title_fr="Mardi", seats=10)
    on((2026, 12, 6), title_fr="Dimanche")
    on((2026, 12, 7), title_fr="Lundi d’après")
    on((2026, 12, 8), title_fr="Privée", is_private=True)
    Session.objects.create(
        title_fr="Brouillon", slug="b", kind="club", elsewhere="Metz", starts_at=NOW + HOUR,
        ends_at=NOW + 2 * HOUR, created_at=NOW, changed_at=NOW,
    )  # fmt: skip
    on((2026, 11, 1), title_fr="Passée", now=NOW - timedelta(days=60))

    response = client.get("/agenda/")

    assert titles(client) == ["Mardi", "Dimanche", "Lundi d’après"]
    weeks = [(week.label, len(week.lines)) for week in response.context["agenda"].weeks]
    assert weeks == [
        ("Semaine du 30 novembre au 6 décembre 2026", 2),
        ("Semaine du 7 décembre au 13 décembre 2026", 1),
    ]
    assert "public" in response["Cache-Control"]
    assert not response.cookies
    assert "Places disponibles" in response.content.decode()
    assert "Entrée libre" in response.content.decode()


def test_the_filters_narrow_and_are_taken_off_one_by_one(client):
    theme = ThemeFactory()
    on((2026, 12, 1), title_fr="A", themes=[theme], kind="club")
    on((2026, 12, 2), title_fr="B", room=RoomFactory(), language="de")
    on((2026, 12, 3), title_fr="C", room=None, mode="remote")

    assert titles(client, theme="securite") == ["A"]
    assert titles(client, type="club") == ["A"]
    assert titles(client, lieu="conferences") == ["B"]
    assert titles(client, langue="de") == ["B"]
    assert titles(client, mode="remote") == ["C"]
    assert titles(client, theme="securite", langue="de") == []
    assert titles(client, theme="inconnu", type="<b>", page="x") == ["A", "B", "C"]
    chips = client.get("/agenda/?theme=securite&langue=de").context["agenda"].chips
    assert chips == [("Sécurité et données", "?langue=de"), ("Allemand", "?theme=securite")]
    page = text(client, "/agenda/", theme="securite")
    assert 'href="/lettre/?sujet=securite"' in page
    form = client.get("/lettre/?sujet=securite&sujet=x").context["form"]
    assert (form["topics"].value(), form["lists"].value()) == (["securite", "x"], None)
    assert "Rien à ces choix" in text(client, "/agenda/", theme="securite", langue="de")


@pytest.mark.parametrize(
    "asked", ["sécurité", "SECURITE des données", "données", "Sicherheit", "bloqués", "Hoffmann"]
)
def test_words_are_found_whatever_accent_number_or_language(client, asked):
    session = on((2026, 12, 1), themes=[ThemeFactory()])
    Speaker.objects.create(session=session, name="Claire Hoffmann")
    sessions.write_terms(session)
    on((2026, 12, 2), title_fr="Autre chose", summary_fr="")

    assert titles(client, q=asked) == [session.title]


def test_a_month_shows_each_day_and_leads_to_its_neighbours(client):
    on((2026, 12, 24), title_fr="Veille de Noël")
    on((2027, 1, 2), title_fr="Janvier")

    page = text(client, "/agenda/", vue="mois", mois="2026-12")
    month = client.get("/agenda/?vue=mois&mois=2026-12").context["agenda"].month

    for hour in range(8, 20, 2):
        on((2026, 12, 28), hour, title_fr=f"À {hour} h")
    busy = client.get("/agenda/?vue=mois&mois=2026-12").context["agenda"].month

    (square,) = [day for week in busy.weeks for day in week if day.more]
    shown = [line.session.title for line in square.lines]
    assert (shown, square.more) == (["À 8 h", "À 10 h", "À 12 h", "À 14 h"], 2)
    assert busy.total == 7
    assert month.label == "décembre 2026"
    assert (month.total, len(month.weeks)) == (1, 5)
    assert "Veille de Noël" in page
    assert "?vue=mois&amp;mois=2027-01#dates" in page
    for wrong in ("2026-13", "x", "9999-01", "0000-00"):
        assert "Novembre 2026" in text(client, "/agenda/", vue="mois", mois=wrong)


@pytest.mark.parametrize("path", ["/agenda/", "/agenda/?vue=mois&mois=2026-12"])
def test_a_list_asks_the_same_number_of_queries_for_one_and_for_many(client, path):
    def queries():
        with CaptureQueriesContext(
            connection,
        ) as seen:
            client.get(path)
        return len(seen)

    on((2026, 12, 1), seats=3, themes=[ThemeFactory()])
    queries()
    one = queries()
    for day in range(2, 12):
        on((2026, 12, day), seats=3, themes=[ThemeFactory()])
    queries()

    assert queries() == one


def test_a_session_says_the_essential_and_describes_itself_to_machines(client):
    card = published_card(name="Hoffmann Bois")
    session = on(
        (2026, 12, 1), seats=10, themes=[ThemeFactory()], access=["loop"], room=RoomFactory(),
        description_fr="Un </script><b>texte</b>", remote_url="https://visio.example/secret",
    )  # fmt: skip
    Speaker.objects.create(session=session, name="Claire Hoffmann", provider=card)

    page = text(client, session.get_absolute_url())
    about = json.loads(re.search(r'ld\+json">(.*?)</script>', page, re.DOTALL)[1])

    for words in (
        "mardi 1er décembre 2026, de 9\u00a0h à 11\u00a0h",
        "Espace de conférence", "Boucle magnétique",
        "Claire Hoffmann", card.get_absolute_url(), "Places disponibles",
    ):  # fmt: skip
        assert words in page
    assert "visio.example" not in page
    assert about["startDate"] == "2026-12-01T09:00:00+01:00"
    assert about["eventStatus"] == "https://schema.org/EventScheduled"
    assert about["location"]["name"] == "Espace de conférence"
    assert about["performer"][0]["name"] == "Claire Hoffmann"


def test_a_hidden_card_is_not_linked(client):
    card = published_card()
    session = on((2026, 12, 1))
    Speaker.objects.create(session=session, name="Claire", provider=card)
    Provider.objects.filter(pk=card.pk).update(status="hidden")

    assert card.get_absolute_url() not in text(client, session.get_absolute_url())


def test_another_language_shows_its_words_or_says_that_there_are_none(client):
    both = on((2026, 12, 1), title_de="Wenn nichts mehr geht", summary_fr="Un récit.")
    french = on((2026, 12, 2))

    assert "Wenn nichts mehr geht" in text(client, f"/de{both.get_absolute_url()}")
    page = text(client, f"/de{french.get_absolute_url()}")
    assert f'<h1 lang="fr">{french.title_fr}' in page
    assert '<p class="lead" lang="fr">Un récit.' in text(client, f"/de{both.get_absolute_url()}")


def test_a_session_called_off_stays_and_says_why(client):
    session = on((2026, 12, 1), seats=5)
    sessions.cancel_session(session_id=session.pk, reason="Malade.", now=NOW)

    page = text(client, session.get_absolute_url())

    assert "Cette session est annulée" in page
    assert "Malade." in page
    assert "EventCancelled" in page
    assert "S’inscrire" not in page
    assert "Annulée" in text(client, "/agenda/")


def test_a_draft_or_a_private_session_is_not_found_but_by_its_invitation(client):
    private = on((2026, 12, 1), is_private=True)

    assert client.get(f"/agenda/{private.slug}/").status_code == 404
    assert client.get(f"/agenda/{private.slug}.ics").status_code == 404
    page = client.get(private.get_absolute_url())
    assert page.status_code == 200
    assert "no-store" in page["Cache-Control"]
    assert "noindex" in page.content.decode()
    former = private.get_absolute_url()
    sessions.renew_invitation(
        session_id=private.pk, key="00000000-0000-4000-8000-000000000001", now=NOW
    )
    assert client.get(former).status_code == 404


def test_pages_are_kept_while_the_words_for_seats_do_not_change():
    session = on((2026, 12, 1), seats=20)
    before = page_cache.generations.own_changes
    for number in range(10):
        seated(session, number)
    assert page_cache.generations.own_changes == before
    for number in range(10, 20):
        register(session, number)
    assert page_cache.generations.own_changes == before + 2  # few, then none
    registrations.promote(session_id=session.pk, now=NOW)
    assert page_cache.generations.own_changes == before + 2


def test_the_next_dates_are_on_the_home_page_and_found_by_the_portals_search(client):
    session = on((2026, 12, 1), themes=[ThemeFactory()])

    block = next(block for block in home_blocks.blocks if block.key == "dates")
    source = next(source for source in site_search.sources if source.key == "sessions")

    assert [line.session for line in block.context()["lines"]] == [session]
    assert "Les prochaines dates" in text(client, "/")
    assert source.search("données", 5).hits[0].url == session.get_absolute_url()
    assert source.search("introuvable", 5).total == 0
    assert session.get_absolute_url() in text(client, "/sitemap-sessions.xml")


def test_the_letter_brings_the_next_dates():
    from emn.mailings.blocks import kind_of

    first = on((2026, 12, 1), themes=[ThemeFactory()])
    on((2026, 12, 2))
    kind = kind_of("upcoming-sessions")

    assert kind.data({"count": 5, "theme": "securite"}, "fr", NOW) == {"sessions": [first]}
    assert kind.data({"count": 5, "theme": "x"}, "fr", NOW) is None
    assert len(kind.data({"count": 5, "theme": ""}, "fr", NOW)["sessions"]) == 2


def test_seats_say_when_registration_opens_or_is_over(client):
    opening = on((2026, 12, 1), seats=5, opens_at=NOW + timedelta(days=2))
    closed = on((2026, 12, 2), seats=5, closes_at=NOW)
    hybrid = on((2026, 12, 3), seats=1, remote=5, mode="hybrid")
    register(hybrid, mode="on_site")

    assert "Inscriptions à partir du mercredi 25 novembre 2026" in text(
        client, opening.get_absolute_url()
    )
    assert "Inscriptions closes" in text(client, closed.get_absolute_url())
    assert "liste d’attente" in text(client, hybrid.get_absolute_url())
    assert CapacityPool.objects.get(session=hybrid, mode="remote").shown == "open"
