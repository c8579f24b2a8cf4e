"""Calendars and RSS: what calendar programs and readers ask of them."""

from base64 import b64decode
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from zoneinfo import ZoneInfo

import pytest
from django.core.wsgi import get_wsgi_application
from django.utils import timezone
from icalendar import Calendar

from emn.lib.page_cache import PageCache
from events.enums import Frequency
from events.services import sessions
from tests.events.factories import (
    HOUR,
    NOW,
    RoomFactory,
    ThemeFactory,
    draft,
    mails,
    published,
    seated,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]

PARIS = ZoneInfo("Europe/Paris")


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


def read(client, path):
    response = client.get(path)
    assert response.status_code == 200
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    return Calendar.from_ical(response.content)


def events(calendar):
    return calendar.walk("VEVENT")


@pytest.mark.parametrize(
    ("first", "until", "offsets"),
    [
        (datetime(2026, 10, 13, 9, tzinfo=PARIS), date(2026, 11, 10), [2, 2, 1, 1, 1]),
        (datetime(2027, 3, 16, 9, tzinfo=PARIS), date(2027, 4, 13), [1, 1, 2, 2, 2]),
    ],
)
def test_a_series_keeps_its_hour_in_page_mail_and_calendar(client, first, until, offsets):
    before = NOW - timedelta(days=60)
    model = draft(seats=9, starts_at=first, ends_at=first + 2 * HOUR, themes=[ThemeFactory()])
    made = sessions.make_series(
        session_id=model.pk, frequency=Frequency.WEEKLY, interval=1, until=until, now=before
    )
    for row in (model, *made):
        sessions.publish_session(session_id=row.pk, now=before)

    calendar = read(client, "/agenda/theme/securite.ics")
    starts = [event.decoded("dtstart") for event in events(calendar)]

    assert [start.strftime("%H:%M") for start in starts] == ["09:00"] * 5
    assert [start.utcoffset() / HOUR for start in starts] == offsets
    assert len(calendar.walk("VTIMEZONE")) == 1
    for row in (model, *made):
        page = client.get(row.get_absolute_url()).content.decode()
        assert "de 9\u00a0h à 11\u00a0h" in page
        seated(row, now=before)
        mail = mails("confirmed").latest("pk")
        assert "de 9\u00a0h à 11\u00a0h" in mail.text_body
        attached = {kind: b64decode(content) for _name, kind, content in mail.attachments}
        (event,) = events(Calendar.from_ical(attached["text/calendar"]))
        assert event["dtstart"].to_ical() == f"{row.local_start:%Y%m%d}T090000".encode()
        assert event["dtstart"].params["TZID"] == "Europe/Paris"
    raw = client.get("/agenda/theme/securite.ics").content.decode()
    assert raw.count("DTSTART;TZID=Europe/Paris:") == 5
    # As an independent program reads the zone: the offset of its own VTIMEZONE.
    zone = calendar.walk("VTIMEZONE")[0].to_tz(lookup_tzid=False)
    naive = [start.replace(tzinfo=None) for start in starts]
    assert [zone.utcoffset(start) / HOUR for start in naive] == offsets


def test_an_entry_is_what_a_calendar_follows(client):
    session = published(
        room=RoomFactory(), description_fr="Venez ; à l’heure, merci.\nDeux lignes.",
        remote_url="https://visio.example/",
    )  # fmt: skip

    (event,) = events(read(client, f"/agenda/{session.slug}.ics"))

    assert event["uid"] == str(session.uid)
    assert (event["sequence"], event["status"]) == (0, "CONFIRMED")
    assert event.decoded("last-modified") == NOW
    assert event.decoded("dtstamp") == NOW
    assert event["location"].startswith("Espace de conférence")
    assert "Venez ; à l’heure, merci.\nDeux lignes." in event["description"]
    assert "visio" not in event.to_ical().decode()
    assert event["url"].endswith(session.get_absolute_url())


def test_moved_and_called_off_keep_their_name_and_say_so(client):
    session = published()
    sessions.move_session(
        session_id=session.pk, starts_at=session.starts_at + HOUR, ends_at=session.ends_at + HOUR,
        room_id=session.room_id, now=NOW + HOUR,
    )  # fmt: skip
    sessions.cancel_session(session_id=session.pk, reason="Malade.", now=NOW + 2 * HOUR)

    (event,) = events(read(client, "/agenda.ics"))

    assert (event["uid"], event["sequence"], event["status"]) == (
        str(session.uid), 2, "CANCELLED",
    )  # fmt: skip
    assert event.decoded("last-modified") == NOW + 2 * HOUR
    assert "Malade." in event["description"]


def test_feeds_hold_what_they_say(client):
    theme, room = ThemeFactory(), RoomFactory()
    mine = published(themes=[theme], room=room)
    published(starts_at=NOW + HOUR)
    published(is_private=True)
    draft()
    old = NOW - timedelta(days=100)
    published(starts_at=old, now=old)
    kept = NOW - timedelta(days=80)
    published(starts_at=kept, now=kept)

    assert len(events(read(client, "/agenda.ics"))) == 3
    for path in ("/agenda/theme/securite.ics", "/agenda/salle/conferences.ics"):
        assert [event["uid"] for event in events(read(client, path))] == [str(mine.uid)]
    assert client.get("/agenda/theme/inconnu.ics").status_code == 404


def test_an_empty_agenda_is_a_calendar(client):
    assert events(read(client, "/agenda.ics")) == []


def test_rss_names_what_never_changes(client):
    session = published(themes=[ThemeFactory()])
    published(starts_at=NOW + HOUR)

    feed = client.get("/agenda/rss/?theme=securite").content.decode()

    assert str(session.uid) in feed
    assert feed.count("<item>") == 1
    assert client.get("/agenda/rss/").content.decode().count("<item>") == 2
    assert client.get("/agenda/rss/?theme=inconnu").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_a_calendar_that_has_not_changed_is_not_sent_again():
    published()
    cache = PageCache(get_wsgi_application())

    def get(**headers):
        told = {}

        def start(status, headers):
            told.update(status=status, **dict(headers))

        environ = {
            "REQUEST_METHOD": "GET", "PATH_INFO": "/agenda.ics", "QUERY_STRING": "",
            "SERVER_NAME": "localhost", "SERVER_PORT": "80", "wsgi.input": BytesIO(),
            "wsgi.url_scheme": "http", **headers,
        }  # fmt: skip
        told["body"] = b"".join(cache(environ, start))
        return told

    first = get()
    second = get(HTTP_IF_NONE_MATCH=first["ETag"])

    assert first["status"].startswith("200")
    assert (second["status"], second["body"]) == ("304 Not Modified", b"")
    sessions.publish_session(session_id=draft(starts_at=NOW + HOUR).pk, now=NOW)
    assert get(HTTP_IF_NONE_MATCH=first["ETag"])["status"].startswith("200")


def test_an_instant_is_written_whole():
    from events import calendars

    session = published(now=NOW.replace(microsecond=123))
    assert b"DTSTAMP:20261123T090000Z" in calendars.one(session)
    assert session.changed_at.tzinfo == UTC
