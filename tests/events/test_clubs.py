"""Clubs: joined by a mailbox that says yes, accepted or free, read by members, left by a link."""

from datetime import date, timedelta
from itertools import count

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from emn.accounts.enums import Role
from emn.accounts.personal_data import export_of
from emn.accounts.services import erase_account
from emn.lib.forms import is_proof, new_challenge
from events.enums import Frequency
from events.models import Club, ClubMember, Minutes
from events.services import clubs, sessions
from tests.directory.factories import UserFactory
from tests.directory.test_admin import sign_in
from tests.events.factories import mails, published

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]


def club(**fields):
    number = Club.objects.count()
    values = {"slug": f"club-{number}", "name": f"Club {number}", "summary": "Entre pairs."}
    return Club.objects.create(**values | fields)


def join(client, found, email="lea@meyer.example"):
    challenge = new_challenge(now=timezone.now() - timedelta(seconds=10))
    proof = next(str(number) for number in count() if is_proof(challenge, str(number)))
    return client.post(
        reverse("clubs:join", args=[found.slug]),
        {
            "name": "Léa Meyer", "company_name": "Meyer", "email": email, "motive": "",
            "challenge": challenge, "proof": proof,
        },
    )  # fmt: skip


def member_page(row):
    return reverse("clubs:member", args=[clubs.token(row.pk)])


def member_of(found, email="lea@meyer.example"):
    now = timezone.now()
    clubs.ask_to_join(
        club_id=found.pk, name="Léa Meyer", company_name="Meyer", email=email, motive="",
        language="fr", now=now,
    )  # fmt: skip
    row = ClubMember.objects.get(email=email, club=found)
    return clubs.confirm(member_id=row.pk, now=now)


def minutes_of(found, *, audience="members", **fields):
    row = Minutes.objects.create(
        club=found, title=f"Réunion {audience}", met_on=date(2026, 11, 20), text="On a parlé.",
        audience=audience, **fields,
    )  # fmt: skip
    return clubs.publish_minutes(minutes_id=row.pk, now=timezone.now())


def test_a_free_club_is_joined_by_the_button_of_the_mailbox_and_left_by_its_link(client):
    found = club(joining="free")

    sent = join(client, found)
    row = ClubMember.objects.get()
    client.get(member_page(row))
    assert ClubMember.objects.get().status == "unconfirmed"
    client.post(member_page(row), {"do": "confirm"})
    assert ClubMember.objects.get().status == "member"
    client.post(member_page(row), {"do": "leave"})

    assert sent["Location"] == reverse("clubs:asked")
    assert ClubMember.objects.get().status == "left"
    whose = member_page(row).partition(":")[0]  # what follows says the second of its making
    assert whose in mails("club_confirm").get().text_body
    assert mails("club_welcome").count() == 1
    assert not client.cookies


def test_the_answer_is_the_same_whether_the_address_is_known_or_not(client):
    found = club(joining="free")
    member_of(found)

    known, unknown = join(client, found), join(client, found, "autre@meyer.example")

    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert ClubMember.objects.count() == 2


def test_staff_accepts_or_says_why_not(client, settings):
    settings.STAFF_MFA_REQUIRED = False
    found = club()
    one, two = member_of(found), member_of(found, "b@meyer.example")
    assert one.status == "asked"
    sign_in(client, Role.RECEPTION)

    def decide(row, **given):
        return client.post(reverse("admin:events_clubmember_decide", args=[row.pk]), given)

    decide(one, accepted="oui")
    silent = decide(two, accepted="non")
    decide(two, accepted="non", reason="Le club est réservé aux entreprises.")

    one.refresh_from_db()
    two.refresh_from_db()
    assert (one.status, two.status) == ("member", "refused")
    assert "Dites pourquoi" in silent.content.decode()
    assert "réservé" in mails("club_refused").get().text_body


@pytest.mark.django_db(transaction=True)
def test_minutes_are_for_members_or_for_all_and_told_once(client):
    found = club(joining="free")
    row = member_of(found)
    inner, public = minutes_of(found), minutes_of(found, audience="all")
    public.file.save("note.pdf", ContentFile(b"%PDF-1.7"))
    public.file.close()
    clubs.publish_minutes(minutes_id=inner.pk, now=timezone.now())

    page = client.get(found.get_absolute_url()).content.decode()
    mine = client.get(member_page(row)).content.decode()

    assert ("Réunion all" in page, "Réunion members" in page) == (True, False)
    assert "Réunion members" in mine
    assert client.get(reverse("clubs:minutes", args=[found.slug, inner.pk])).status_code == 404
    assert client.get(reverse("clubs:minutes", args=[found.slug, public.pk])).status_code == 200
    file = client.get(reverse("clubs:minutes_file", args=[found.slug, public.pk]))
    assert file["Content-Disposition"].startswith("attachment")
    assert b"".join(file.streaming_content) == b"%PDF-1.7"
    file.close()
    secret = clubs.token(row.pk)
    assert client.get(reverse("clubs:member_minutes", args=[secret, inner.pk])).status_code == 200
    client.post(member_page(row), {"do": "leave"})
    assert client.get(reverse("clubs:member_minutes", args=[secret, inner.pk])).status_code == 404
    assert mails("club_minutes").count() == 2


def test_a_club_shows_the_next_meetings_of_its_series(client):
    now = timezone.now()
    first = published(kind="club", now=now, starts_at=now + timedelta(days=3), title_fr="Rencontre")
    sessions.make_series(
        session_id=first.pk, frequency=Frequency.WEEKLY, interval=1,
        until=(now + timedelta(days=20)).date(), now=now,
    )  # fmt: skip
    first.refresh_from_db()
    found = club(series=first.series)

    assert "Rencontre" in client.get(found.get_absolute_url()).content.decode()


@pytest.mark.parametrize("many", [1, 4])
def test_the_list_and_a_club_ask_the_same_queries_of_one_and_many(client, many):
    for _n in range(many):
        found = club(joining="free")
    for number in range(many):
        member_of(found, f"p{number}@meyer.example")
        minutes_of(found, audience="all")

    with CaptureQueriesContext(connection) as listed:
        response = client.get("/clubs/")
    with CaptureQueriesContext(connection) as shown:
        client.get(found.get_absolute_url())

    assert "public" in response["Cache-Control"]
    assert not client.cookies
    assert (len(listed), len(shown)) == (3, 4)


def test_a_member_is_forgotten():
    found = club(joining="free")
    row = member_of(found)
    ClubMember.objects.update(reason="Connue pour son franc-parler.")
    user = UserFactory(email=row.email)
    data = export_of(user, now=timezone.now())["data"]
    (said,) = next(part["rows"] for part in data if part["what"] == "membres des clubs")

    erase_account(user_id=user.pk)

    row.refresh_from_db()
    assert said["reason"] == "Connue pour son franc-parler."
    assert (row.name, row.email, row.reason, row.status) == ("", "", "", "left")
