"""What people think of a session: asked once of those who came, answered once."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from emn.accounts.enums import Role
from emn.accounts.services import erase_account, purge_personal_data
from events.models import Registration, Session, SessionOpinion
from events.services import clocks, opinions, registrations, telling
from events.services.opinions import OpinionRefused
from tests.directory.factories import UserFactory
from tests.directory.test_admin import sign_in
from tests.events.factories import HOUR, NOW, START, RoomFactory, mails, published, seated

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]
OVER = START + 2 * HOUR
ASKED = OVER + 2 * HOUR


@pytest.fixture
def came():
    """A session that two people came to, a third did not, a fourth gave the seat back."""
    session = published(seats=9)
    people = [seated(session, number) for number in range(4)]
    registrations.cancel_registration(registration_id=people[3].pk, now=NOW)
    Registration.objects.filter(pk__in=[row.pk for row in people[:2]]).update(status="present")
    Registration.objects.filter(pk=people[2].pk).update(status="absent")
    return people[:2]


def give(entry, score=4, *, now=ASKED, comment=" Clair. "):
    return opinions.give(registration_id=entry.pk, score=score, comment=comment, now=now)


def test_those_who_came_are_asked_once_two_hours_after_the_end(came):
    clocks.tick(now=OVER + 2 * HOUR - timedelta(seconds=1))
    assert not mails("opinion").exists()

    clocks.tick(now=ASKED)
    clocks.tick(now=ASKED + HOUR)

    assert {mail.to_email for mail in mails("opinion")} == {entry.email for entry in came}
    assert mails("opinion").count() == 2


def test_who_was_not_seen_at_a_door_that_was_kept_is_not_asked():
    session = published(mode="hybrid", remote=2, room=RoomFactory(), seats=9)
    here, missing = seated(session, 1, mode="on_site"), seated(session, 2, mode="on_site")
    away = seated(session, 3, mode="remote")
    assert set(opinions.came(session)) == {here, missing, away}
    Registration.objects.filter(pk=here.pk).update(status="present")

    clocks.tick(now=ASKED)

    assert {mail.to_email for mail in mails("opinion")} == {here.email, away.email}
    give(here)
    give(away)
    with pytest.raises(OpinionRefused):
        give(missing)
    found = opinions.figures(session)
    assert (found.n, found.asked) == (2, 2)


def test_the_answer_of_who_did_not_come_after_all_is_not_counted(came):
    clocks.tick(now=ASKED)
    give(came[0])
    give(came[1], 1)
    Registration.objects.filter(pk=came[1].pk).update(status="absent")

    found = opinions.figures(came[0].session)

    assert (found.value, found.n, found.asked) == (4, 1, 1)


@pytest.mark.parametrize(
    "changed",
    [
        {"kind": "training"},
        {"kind": "visit"},
        {"status": "cancelled", "cancelled_at": NOW, "cancel_reason": "Malade."},
        {"starts_at": START - timedelta(days=4), "ends_at": OVER - timedelta(days=4)},
    ],
)
def test_what_asks_its_own_was_called_off_or_is_long_over_is_not_asked_about(came, changed):
    Session.objects.update(**changed)

    assert opinions.due_to_ask(now=ASKED) == []


def test_one_answers_once_while_it_is_asked(came):
    first, second = came
    with pytest.raises(OpinionRefused):
        give(first)
    clocks.tick(now=ASKED)

    given = give(first)
    with pytest.raises(OpinionRefused):
        give(first, 1)
    with pytest.raises(OpinionRefused):
        give(second, now=ASKED + opinions.ANSWER_UNTIL)
    with pytest.raises(OpinionRefused):
        give(Registration.objects.get(status="absent"))

    assert (given.score, given.comment) == (4, "Clair.")
    assert SessionOpinion.objects.count() == 1


def test_the_page_of_the_registration_asks_and_thanks(client, came, monkeypatch):
    clocks.tick(now=ASKED)
    monkeypatch.setattr(timezone, "now", lambda: ASKED)
    url = reverse("events:registration", args=[telling.token(came[0].pk)])
    assert "Donner mon avis" in client.get(url).content.decode()

    bad = client.post(url, {"do": "opinion", "score": "6", "comment": "Bien"})
    assert "Bien" in bad.content.decode()
    sent = client.post(url, {"do": "opinion", "score": "5", "comment": ""})
    page = client.get(sent["Location"]).content.decode()

    assert "votre avis est noté" in page
    assert "Donner mon avis" not in page
    assert SessionOpinion.objects.get().score == 5


def test_staff_reads_the_mean_with_its_answers(client, came):
    clocks.tick(now=ASKED)
    give(came[0], 5)
    give(came[1], 4)
    session = came[0].session
    sign_in(client, Role.RECEPTION)

    page = client.get(f"/admin/events/session/{session.pk}/change/").content.decode()
    words = client.get(
        f"/admin/events/sessionopinion/?registration__session__id__exact={session.pk}"
    )

    assert "4,5 / 5" in page
    assert "2 réponses de 2 personnes" in page
    assert words.content.decode().count("Clair.") == 2


def test_words_go_with_the_person_and_the_mark_stays(came, monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: OVER + 3 * HOUR)
    clocks.tick(now=ASKED)
    first, second = came
    give(first)
    give(second)

    erase_account(user_id=UserFactory(email=first.email).pk)
    said = SessionOpinion.objects.order_by("pk").values_list("score", "comment")
    assert list(said) == [(4, ""), (4, "Clair.")]
    purge_personal_data(now=OVER + timedelta(days=1200), write=True)

    assert list(said.all()) == [(4, ""), (4, "")]
    found = opinions.figures(first.session)
    assert (found.value, found.n, found.asked) == (4, 2, 2)
