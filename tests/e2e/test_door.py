"""The door through a cut network: scan, reload, scan, come back; another device meanwhile."""

from datetime import timedelta
from io import BytesIO
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone
from PIL import Image

from emn.accounts.enums import Role
from emn.accounts.services import sync_roles
from events.models import Registration, Scan
from events.services import doors, telling
from tests.conftest import CHROMIUM
from tests.directory.factories import UserFactory
from tests.e2e.conftest import PHONE, kept_in_the_clear, until
from tests.events.factories import published, seated

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

PASSWORD = "une-porte-a-garder-2026"
NAMES = ("Léa Müller", "Paul Martin", "王小明", "Zoé Klein")


@pytest.fixture
def session(settings):
    settings.STAFF_MFA_REQUIRED = False
    now = timezone.now()
    return published(seats=10, starts_at=now + timedelta(minutes=30), now=now)


@pytest.fixture
def people(session):
    now = timezone.now()
    return [seated(session, n, now=now, full_name=name) for n, name in enumerate(NAMES)]


def agent(role, name):
    sync_roles()
    user = UserFactory(is_staff=True, full_name=name, email=f"{uuid4().hex[:8]}@emn.example")
    user.set_password(PASSWORD)
    user.save()
    user.groups.add(Group.objects.get(name=role))
    user.emailaddress_set.get_or_create(email=user.email, verified=True, primary=True)
    return user


def sign_in(page, user, url):
    page.goto(url)
    if "connexion" not in page.url:
        return
    page.locator("[name=login]").fill(user.email)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=password]").press("Enter")
    page.wait_for_url(f"**{url}")


def open_door(visit, session, *, viewport=PHONE, role=Role.RECEPTION):
    url = f"/agenda/accueil/{session.pk}/"
    page = visit("/compte/connexion/", viewport=viewport)
    sign_in(page, agent(role, "Claire Hoffmann"), url)
    page.locator("[data-emn-door][data-kept]").wait_for()
    until(page, "navigator.serviceWorker.controller !== null")
    return page


def scan(page, entry, said):
    """Type as a scanner does, wherever the focus is: characters, then Enter."""
    page.locator("h1").click()
    page.keyboard.type(f"https://emn.example/agenda/billet/{entry.ticket}/")
    page.keyboard.press("Enter")
    page.locator(".door-verdict", has_text=said).wait_for()


def exportable_keys(page):
    return page.evaluate("""async () => {
      const db = await new Promise((done) => {
        const asked = indexedDB.open("emn-door");
        asked.onsuccess = () => done(asked.result);
      });
      const keys = await new Promise((done) => {
        const asked = db.transaction("keys").objectStore("keys").getAll();
        asked.onsuccess = () => done(asked.result);
      });
      return keys.filter((key) => key.extractable).length + 100 * keys.length;
    }""")


def test_three_tickets_are_read_without_network_and_count_once(
    visit, session, people, offline_errors
):
    lea, paul, wang, zoe = people
    page = open_door(visit, session)
    page.locator(".door-count", has_text="0 sur 4").wait_for()

    page.get_by_text("Inscrire quelqu’un à la porte").click()
    page.get_by_label("Nom", exact=True).fill("Jean Petit")
    page.context.set_offline(True)
    page.get_by_role("button", name="Inscrire et faire entrer").click()
    page.locator(".door-verdict", has_text="personne ne peut être inscrit").wait_for()
    assert page.get_by_label("Nom", exact=True).input_value() == "Jean Petit"
    scan(page, lea, "Léa Müller")
    scan(page, paul, "Paul Martin")
    page.reload()
    page.locator(".door-line", has_text="Hors connexion, 2 entrées en attente").wait_for()
    page.locator(".door-count", has_text="2 sur 4").wait_for()
    scan(page, wang, "王小明")
    scan(page, lea, "Déjà entré à")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    clear = kept_in_the_clear(page, "emn-door")
    assert not [one for one in (*NAMES, lea.ticket) if one in clear]
    assert exportable_keys(page) == 100

    other = agent(Role.RECEPTION, "Idris Benali")
    doors.check_in(
        session_id=session.pk, registration_id=paul.pk, client_id=uuid4(), by_id=other.pk,
        scanned_at=timezone.now(), now=timezone.now(),
    )  # fmt: skip
    page.context.set_offline(False)

    page.locator(".door-line", has_text="4 entrées transmises").wait_for()
    page.locator(".door-line", has_text="1 différence").wait_for()
    page.locator(".door-conflicts", has_text="noté par Idris Benali").wait_for()
    page.locator(".door-count", has_text="3 sur 4").wait_for()
    page.get_by_role("button", name="Vu").click()
    page.locator(".door-conflicts .verdict").wait_for(state="detached")
    entered = Scan.objects.filter(outcome="ok").values_list("registration", flat=True)
    assert sorted(entered) == sorted([lea.pk, paul.pk, wang.pk])
    assert Scan.objects.filter(outcome="already").count() == 2
    zoe.refresh_from_db()
    assert zoe.status == "confirmed"


def test_the_queue_outlives_the_sign_in(visit, session, people, offline_errors):
    from django.contrib.sessions.models import Session as SignIn

    page = open_door(visit, session)
    page.context.set_offline(True)
    scan(page, people[0], "Léa Müller")
    SignIn.objects.all().delete()
    page.context.set_offline(False)
    page.get_by_role("link", name="Se connecter").wait_for()
    assert Scan.objects.count() == 0

    sign_in(page, agent(Role.RECEPTION, "Idris Benali"), f"/agenda/accueil/{session.pk}/")

    page.locator(".door-line", has_text="1 entrée transmise").wait_for()
    assert Scan.objects.get().registration == people[0]


HELD = """(() => {
  const real = fetch;
  const freed = new Promise((done) => { globalThis.free = done; });
  globalThis.fetch = async (url, options) => {
    if (String(url).endsWith("%s")) await freed;
    return real(url, options);
  };
})()"""


def test_a_door_is_not_kept_before_its_list_is(visit, session, people):
    page = visit("/compte/connexion/", viewport=PHONE)
    page.add_init_script(HELD % "/liste/")
    sign_in(page, agent(Role.RECEPTION, "Claire Hoffmann"), f"/agenda/accueil/{session.pk}/")
    until(page, "caches.match(location.pathname).then(Boolean)")
    assert page.locator("[data-kept]").count() == 0

    page.evaluate("free()")

    page.locator("[data-emn-door][data-kept]").wait_for()


def test_a_door_that_cannot_be_kept_reads_tickets_all_the_same(visit, session, people):
    page = visit("/compte/connexion/", viewport=PHONE)
    page.add_init_script(HELD % "/sans-nom/")
    sign_in(page, agent(Role.RECEPTION, "Claire Hoffmann"), f"/agenda/accueil/{session.pk}/")
    page.get_by_role("button", name="Lire par l’appareil photo").wait_for()

    scan(page, people[0], "Léa Müller")

    assert Scan.objects.get().registration == people[0]
    assert page.locator("[data-kept]").count() == 0


def test_a_name_is_found_and_taken_back_and_another_device_sees_it(visit, session, people):
    page = open_door(visit, session)
    other = open_door(visit, session, role=Role.STEWARD)
    assert other.get_by_label("Nom ou entreprise").count() == 0

    page.get_by_label("Nom ou entreprise").fill("mull")
    page.get_by_role("button", name="Présent, Léa Müller").click()
    other.locator(".door-count", has_text="1 sur 4").wait_for()
    page.get_by_role("button", name="Reprendre, Léa Müller").click()
    page.locator(".door-count", has_text="0 sur 4").wait_for()
    other.reload()
    other.locator(".door-count", has_text="0 sur 4").wait_for()

    assert [row.outcome for row in Scan.objects.order_by("pk")] == ["ok", "undone"]
    assert Registration.objects.get(pk=people[0].pk).status == "confirmed"


def film_of(entry, path):
    """A second of video, as chromium's false camera reads it (YUV4MPEG2), of a ticket held up."""
    code = Image.open(BytesIO(telling.qr_png(entry))).convert("L").resize((300, 300))
    picture = Image.new("L", (640, 480), 200)
    picture.paste(code, (170, 90))
    grey = bytes([128]) * (320 * 240)
    frame = b"FRAME\n" + picture.tobytes() + grey + grey
    path.write_bytes(b"YUV4MPEG2 W640 H480 F10:1 Ip A1:1 C420\n" + frame * 10)
    return path


def test_a_ticket_is_read_by_the_camera(browser, live_server, session, people, tmp_path):
    film = film_of(people[0], tmp_path / "billet.y4m")
    with browser.browser_type.launch(
        executable_path=CHROMIUM,
        args=[
            "--no-sandbox", "--disable-gpu", "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={film}",
        ],
    ) as seeing:  # fmt: skip
        page = seeing.new_page(base_url=live_server.url, locale="fr-FR", viewport=PHONE)
        sign_in(page, agent(Role.STEWARD, "Claire Hoffmann"), f"/agenda/accueil/{session.pk}/")
        page.get_by_role("button", name="Lire par l’appareil photo").click()
        page.locator(".door-verdict", has_text="Léa Müller").wait_for()
        page.get_by_role("button", name="Fermer l’appareil photo").click()
        page.locator(".door-camera").wait_for(state="hidden")

    assert Scan.objects.filter(registration=people[0], outcome="ok").count() == 1
