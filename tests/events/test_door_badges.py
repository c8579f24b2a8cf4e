"""Badges: whatever people are called, a sheet comes out, tagged, and one person's at once."""

import io

import pytest
from django.utils import timezone
from pypdf import PdfReader

from emn.accounts.enums import Role
from events.models import BadgeSheet
from events.services import badges, doors
from tests.directory.test_admin import sign_in
from tests.events.factories import NOW, published, register, seated

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]

NAMES = (
    "Léa Müller", "Anne-Charlotte de La Rochefoucauld-Montmorency", "王小明", "佐藤 花子", "김민수",
    "فاطمة الزهراء بن علي", "Nguyễn Thị Hương", "Łukasz Wiśniewski", "Ελένη", "Юлия",
    "Bob 😀", "สมชาย", "#strong[x] \\ \"y\" $z$", "Donaudampfschifffahrtsgesellschaftskapitän",
)  # fmt: skip


@pytest.fixture
def reception(client, settings, monkeypatch):
    settings.STAFF_MFA_REQUIRED = False
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    return sign_in(client, Role.RECEPTION)


def read(content):
    return PdfReader(io.BytesIO(content))


def words(content):
    return "\n".join(page.extract_text() for page in read(content).pages)


def test_a_sheet_holds_every_name(client, reception):
    session = published(seats=40, group_limit=3)
    for number, name in enumerate(NAMES):
        seated(session, number, full_name=name)
    register(session, 50, full_name="Sans place")
    seated(session, 51, people=3, full_name="Max Groupe", companions=["Zoé Weber"])
    url = f"/agenda/accueil/{session.pk}/badges/"

    page = client.post(url, {"layout": "a4_2x5"}, follow=True)
    sheet = BadgeSheet.objects.get()
    badges.write(sheet_id=sheet.pk, language="fr", now=NOW)
    document = client.get(f"{url}{sheet.pk}.pdf")

    text = words(document.content)
    assert sheet.count == len(NAMES) + 3
    assert "17 badges" in page.content.decode()
    assert document["Content-Type"] == "application/pdf"
    assert len(read(document.content).pages) == 2
    shown = (
        "Léa Müller",
        "王小明",
        "佐藤",
        "김민수",
        "Łukasz",
        "Юлия",
        "Bob ?",
        "#strong[x]",
        "Zoé Weber",
    )
    assert [name for name in shown if name not in text] == []
    assert "Sans place" not in text
    catalog = read(document.content).trailer["/Root"]
    assert bool(catalog["/MarkInfo"]["/Marked"])
    assert b"pdfuaid" in catalog["/Metadata"].get_data()


def test_a_sheet_is_composed_once_whatever_the_worker_does(reception):
    session = published(seats=2)
    seated(session)
    sheet = badges.ask(session_id=session.pk, layout="a4_2x7", now=NOW)

    done = [badges.write(sheet_id=sheet.pk, language="fr", now=NOW) for _ in range(3)]

    assert sum(done) <= 1  # the task may have run already
    sheet.refresh_from_db()
    assert sheet.finished_at is not None
    assert not badges.write(sheet_id=0, language="fr", now=NOW)


def test_nobody_makes_no_sheet(client, reception):
    session = published(seats=2)

    response = client.post(f"/agenda/accueil/{session.pk}/badges/", {"layout": "a4_2x5"})

    assert response.status_code == 409
    assert "Personne n’a encore de place" in response.content.decode()


def test_one_badge_is_for_who_has_a_seat_here(client, reception):
    session, other = published(seats=3, group_limit=3), published(seats=3)
    entry = seated(session, 1, full_name="Léa Müller", people=2)
    held, elsewhere = register(session, 2), seated(other, 3)
    url = f"/agenda/accueil/{session.pk}/badge/"

    document = client.get(f"{url}{entry.pk}.pdf")

    assert "Léa Müller" in words(document.content)
    assert len(read(document.content).pages) == 2  # who comes along has one too
    assert [client.get(f"{url}{row.pk}.pdf").status_code for row in (held, elsewhere)] == [404, 404]


def test_a_walk_in_has_a_badge(client, reception):
    session = published(seats=3)
    scan = doors.walk_in(
        session_id=session.pk, full_name="Jean Petit", company_name="", email="", pool_id=None,
        client_id="6f9619ff-8b86-d011-b42d-00cf4fc964ff", by_id=reception.pk, now=NOW,
    )  # fmt: skip

    assert "Jean Petit" in words(badges.one(scan.registration, now=NOW))


def test_badges_are_not_for_a_steward(client, settings):
    settings.STAFF_MFA_REQUIRED = False
    sign_in(client, Role.STEWARD)
    entry = seated(published(seats=1))

    for path in ("badges/", "badges/1.pdf", f"badge/{entry.pk}.pdf"):
        assert client.get(f"/agenda/accueil/{entry.session_id}/{path}").status_code == 403
