"""The back office: sessions written there, moved by buttons, registrations acted on."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from emn.accounts.enums import Role
from events.models import CapacityPool, Registration, Session
from events.services import clocks
from tests.directory.test_admin import sign_in
from tests.events.factories import (
    HOUR,
    NOW,
    START,
    RoomFactory,
    draft,
    mails,
    published,
    register,
    seated,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]


@pytest.fixture(autouse=True)
def agent(client, settings, monkeypatch):
    settings.STAFF_MFA_REQUIRED = False
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    return sign_in(client, Role.RECEPTION)


def button(name, row, model="session"):
    return reverse(f"admin:events_{model}_{name}", args=[row.pk])


def typed(**changed):
    pools = {"pools-TOTAL_FORMS": 1, "pools-INITIAL_FORMS": 0, "pools-0-mode": "on_site",
             "pools-0-size": 12, "pools-0-overbooking": 0, "pools-0-waiting_limit": 50}  # fmt: skip
    return {
        "kind": "workshop", "title_fr": "Sa fiche en ligne", "mode": "on_site", "room":
        RoomFactory().pk, "starts_at_0": "08/12/2026", "starts_at_1": "18:00", "ends_at_0":
        "08/12/2026", "ends_at_1": "20:00", "zone": "Europe/Paris", "language": "fr",
        "group_limit": 1, "speakers-TOTAL_FORMS": 0, "speakers-INITIAL_FORMS": 0,
        "questions-TOTAL_FORMS": 0, "questions-INITIAL_FORMS": 0, "documents-TOTAL_FORMS": 0,
        "documents-INITIAL_FORMS": 0,
        **pools, **changed,
    }  # fmt: skip


def test_a_session_is_written_published_and_found(client):
    answer = client.post("/admin/events/session/add/", typed())
    session = Session.objects.get()
    published_answer = client.post(button("publish", session), follow=True)

    assert answer.status_code == 302, answer.context["errors"]
    assert session.slug == "sa-fiche-en-ligne-2026-12-08"
    assert session.starts_at == START
    assert session.pools.get().size == 12
    assert "fich" in session.terms
    assert "La session est à l’agenda." in published_answer.content.decode()
    assert "Sa fiche en ligne" in client.get("/agenda/").content.decode()


def test_a_room_that_is_taken_is_said_in_the_form(client):
    draft(room=RoomFactory())

    refused = client.post("/admin/events/session/add/", typed())

    assert "Cette salle est déjà prise à cette heure." in refused.content.decode()
    assert Session.objects.count() == 1


@pytest.mark.parametrize(
    ("constraint", "is_said"),
    [("events_session_no_double_booking", True), ("events_session_slug_key", False)],
)
def test_a_room_taken_meanwhile_is_said_and_no_other_fault(
    client, monkeypatch, constraint, is_said
):
    session = draft()

    def broken(*_args, **_kwargs):
        cause = SimpleNamespace(diag=SimpleNamespace(constraint_name=constraint))
        error = IntegrityError()
        error.__cause__ = type("Cause", (Exception,), vars(cause))()
        raise error

    monkeypatch.setattr(Session, "save", broken)
    page = reverse("admin:events_session_change", args=[session.pk])
    asked = typed(**{"pools-TOTAL_FORMS": 0, "room": session.room_id or ""})

    if is_said:
        assert (
            "vient de prendre cette salle" in client.post(page, asked, follow=True).content.decode()
        )
    else:
        with pytest.raises(IntegrityError):
            client.post(page, asked)


def test_fewer_seats_than_are_taken_are_said(client):
    session = published(room=RoomFactory(), seats=3)
    seated(session, 1)
    seated(session, 2)
    pool = session.pools.get()
    asked = typed(**{
        "room": session.room_id, "pools-INITIAL_FORMS": 1, "pools-0-id": pool.pk,
        "pools-0-session": session.pk, "pools-0-size": 1,
    })  # fmt: skip

    page = client.post(
        reverse("admin:events_session_change", args=[session.pk]), asked, follow=True
    ).content.decode()

    assert "places prises\u00a02, offertes\u00a01" in page


def test_what_is_announced_moves_by_a_button_only(client):
    session = published(room=RoomFactory(), seats=3)
    seated(session)
    page = client.get(reverse("admin:events_session_change", args=[session.pk])).content.decode()
    assert 'name="starts_at_0"' not in page
    assert "Déplacer" in page

    client.post(
        button("move", session),
        {"starts_at": "2026-12-09T18:00", "ends_at": "2026-12-09T20:00", "room": session.room_id},
    )
    clocks.tick(now=NOW)

    session.refresh_from_db()
    assert session.starts_at == START + timedelta(days=1)
    assert mails("session_moved").count() == 1


def test_a_move_asks_for_a_place_only_where_there_is_one(client):
    there = published(mode="remote", room=None, remote=3, remote_url="https://a.example/")
    away = published(room=None, elsewhere="Metz", seats=3)
    times = {"starts_at": "2026-12-09T18:00", "ends_at": "2026-12-09T20:00"}

    page = client.get(button("move", there)).content.decode()
    client.post(button("move", there), times | {"room": RoomFactory().pk})
    client.post(button("move", away), times | {"elsewhere": "Nancy"})
    too_long = client.post(
        button("move", away), times | {"elsewhere": "Nancy", "ends_at": "2027-12-09T20:00"}
    )

    there.refresh_from_db()
    away.refresh_from_db()
    assert 'name="room"' not in page
    assert (there.starts_at, there.room) == (START + timedelta(days=1), None)
    assert away.elsewhere == "Nancy"
    assert "de sept jours au plus" in too_long.content.decode()


def test_seats_beyond_the_chairs_are_not_written_back_by_an_old_page(client):
    session = published(room=RoomFactory(), seats=3)
    url = reverse("admin:events_session_change", args=[session.pk])
    pool = session.pools.get()
    CapacityPool.objects.update(overbooking=5)  # by the button, while the page was open
    own = {"INITIAL_FORMS": 1, "0-id": pool.pk, "0-session": session.pk, "0-size": 4}

    response = client.post(url, typed(**{f"pools-{key}": value for key, value in own.items()}))

    assert response.status_code == 302, response.context["errors"]
    pool.refresh_from_db()
    assert (pool.size, pool.overbooking) == (4, 5)


def test_where_one_connects_changes_by_a_button_only(client):
    session = published(
        mode="hybrid", room=RoomFactory(), remote=3, remote_url="https://a.example/"
    )
    seated(session)
    page = client.get(reverse("admin:events_session_change", args=[session.pk])).content.decode()
    assert 'name="remote_url"' not in page

    client.post(button("connection", session), {"remote_url": "https://b.example/"})

    session.refresh_from_db()
    assert (session.remote_url, session.sequence) == ("https://b.example/", 1)


def test_calling_off_shows_what_it_does_and_asks_why(client):
    session = published(seats=3)
    seated(session)

    shown = client.get(button("cancel", session)).content.decode()
    refused = client.post(button("cancel", session), {"reason": ""})
    client.post(button("cancel", session), {"reason": "L’intervenant est malade."})

    assert "Une session annulée ne se rétablit pas" in shown
    assert refused.status_code == 200
    assert Session.objects.get().cancel_reason == "L’intervenant est malade."
    assert Registration.objects.get().status == "cancelled"


def test_a_series_and_a_copy_are_drafts(client):
    session = published()

    client.post(
        button("series", session), {"frequency": "weekly", "interval": 2, "until": "2027-01-10"}
    )
    client.post(button("duplicate", session), {"starts_at": "2026-12-10T09:00"})

    dates = [f"{row.local_start:%d/%m %H}" for row in Session.objects.in_order()]
    assert dates == ["08/12 18", "10/12 09", "22/12 18", "05/01 18"]
    assert Session.objects.filter(status="draft").count() == 3


def test_registrations_are_taken_noted_and_ended_for_whoever_calls(client):
    session = published(seats=1)
    held, asked = register(session, 1), register(session, 2)

    client.post(button("line", asked, "registration"))
    client.post(button("take", held, "registration"))
    client.post(button("confirm", held, "registration"))
    held.refresh_from_db()
    assert held.status == "confirmed"
    client.post(button("cancel", held, "registration"))

    asked.refresh_from_db()
    held.refresh_from_db()
    assert (held.status, held.end_reason, asked.status) == ("cancelled", "staff", "offered")
    assert mails("cancelled").count() == 1


def test_lists_ask_the_same_number_of_queries_for_one_and_for_many(client):
    def queries(path):
        with CaptureQueriesContext(connection) as seen:
            client.get(path)
        return len(seen)

    paths = ("/admin/events/session/", "/admin/events/registration/")
    register(published(seats=3), 1)
    [queries(path) for path in paths]
    one = [queries(path) for path in paths]
    for number in range(2, 6):
        register(published(seats=3, starts_at=START + number * HOUR), number)

    assert [queries(path) for path in paths] == one


def test_a_role_without_the_permission_is_refused(client):
    session = published(seats=1)
    sign_in(client, Role.ADVISER)

    assert client.get("/admin/events/session/").status_code == 200
    assert client.post(button("cancel", session), {"reason": "x"}).status_code == 403
    assert Session.objects.get().status == "published"


def test_only_drafts_are_deleted(client):
    sign_in(client, Role.EDITOR)
    shown, hidden = published(), draft()

    refused = client.post(reverse("admin:events_session_delete", args=[shown.pk]), {"post": "yes"})
    done = client.post(reverse("admin:events_session_delete", args=[hidden.pk]), {"post": "yes"})

    assert (refused.status_code, done.status_code) == (403, 302)
    assert list(Session.objects.all()) == [shown]
