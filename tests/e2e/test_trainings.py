"""A company waits for a full training, is promoted, enrols two people; the file closes whole."""

import re
from datetime import datetime, timedelta
from io import BytesIO

import facturx
import pytest
from django.conf import settings
from django.utils import timezone
from pypdf import PdfReader

from emn.accounts.enums import Role
from emn.lib import forms
from emn.mailings.models import OutboundEmail
from events.models import Enrolment, Registration, Scan, Signature, TrainingDocument
from events.services import enrolment_ends, greetings, invoices, training_clocks
from tests.directory.test_admin import sign_in
from tests.e2e.conftest import DESK, PHONE
from tests.e2e.test_door import open_door, scan
from tests.e2e.test_events import link_in_last_mail
from tests.events.factories import HOUR
from tests.events.trainings import halves, made, opened, signed, training

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def clock(monkeypatch):
    """Move the time of the portal; real outside."""
    really = timezone.now

    class Clock:
        ahead = timedelta(0)

        def to(self, when: datetime):
            self.ahead = when - really()

    made = Clock()
    monkeypatch.setattr(timezone, "now", lambda: really() + made.ahead)
    return made


def link_in(kind, to):
    """The path of the page that the last message of a kind leads to."""
    mail = OutboundEmail.objects.filter(
        kind=f"events/trainings/emails/{kind}", to_email__startswith=to
    ).latest("pk")
    return re.search(rf"{settings.PUBLIC_URL}(/formations/\S+)", mail.text_body)[1]


def draw(page):
    """Draw a signature with the finger."""
    page.locator("canvas").scroll_into_view_if_needed()
    box = page.locator("canvas").bounding_box()
    x, y = box["x"] + 20, box["y"] + 30
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(1, 14):
        page.mouse.move(x + 14 * step, y + (25 if step % 2 else 0))
    page.mouse.up()


def sign_here(page, name, *, by_hand):
    page.get_by_label("Votre nom et votre prénom").fill(name)
    if by_hand:
        draw(page)
    page.get_by_role("button", name="Je suis présent, je signe").click()
    page.get_by_text("C’est signé").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def waits(page):
    """The company joins the line of a full training, and its mailbox keeps the place."""
    page.get_by_role("link", name="L’IA au bureau").click()
    page.get_by_role("link", name="Rejoindre la liste d’attente").click()
    page.get_by_label("Votre nom", exact=True).fill("Anne Meyer")
    page.get_by_label("Votre courriel").fill("anne@meyer.example")
    page.get_by_label("Votre entreprise").fill("Boulangerie Meyer")
    page.get_by_label("Combien de personnes").fill("2")
    page.get_by_role("button", name="Rejoindre la liste d’attente").click()
    page.get_by_role("heading", name="Regardez votre courrier").wait_for()
    greetings.greet_all(now=timezone.now())  # the worker's part
    page.goto(link_in_last_mail("waiting"))
    page.get_by_role("button", name="Gardez ma place dans la file").click()
    page.get_by_text("Vous êtes au rang 1 de la liste d’attente.").wait_for()


def enrols(page):
    """Promoted, it enrols two people with the seats that are offered, then signs."""
    page.goto(link_in_last_mail("offer"))
    page.get_by_role("link", name="S’inscrire à la formation").click()
    page.get_by_text("vous garde 2 places").wait_for()
    assert page.get_by_label("Votre courriel").input_value() == "anne@meyer.example"
    page.get_by_label("SIRET").fill("732 829 320 00074")
    page.get_by_label("Adresse", exact=True).fill("3 rue du Four")
    page.get_by_label("Code postal").fill("57100")
    page.get_by_label("Ville").fill("Thionville")
    page.locator("#id_name_1").fill("Léa Meyer")
    page.locator("#id_email_1").fill("lea@meyer.example")
    page.get_by_text("Stagiaire 2").click()
    page.locator("#id_name_2").fill("Karim Haddad")
    page.locator("#id_email_2").fill("karim@meyer.example")
    page.get_by_label(re.compile("J’ai lu le programme")).check()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.get_by_role("button", name="Demander l’inscription").click()
    page.get_by_role("heading", name="Regardez votre courrier").wait_for()
    page.goto(link_in("opened", "anne"))
    page.get_by_text("il reste à signer").wait_for()
    page.get_by_label("Votre fonction").fill("Gérante")
    draw(page)
    page.get_by_label(re.compile("J’ai lu le document")).check()
    page.get_by_role("button", name="Signer le document").click()
    page.get_by_text("C’est signé").wait_for()


def come_in_offline(visit, session, phones):
    """The door reads both tickets while its network is cut; they count once it is back."""
    entries = []
    for phone in phones:
        phone.reload()
        assert phone.locator(".ticket-code svg").bounding_box()["width"] > 150
        name = phone.locator(".lead").inner_text()
        entries.append(Registration.objects.get(full_name=name))
    door = open_door(visit, session)
    door.context.set_offline(True)
    for entry in entries:
        scan(door, entry, entry.full_name)
    scan(door, entries[0], "Déjà entré à")
    assert set(session.registrations.values_list("status", flat=True)) == {"cancelled", "confirmed"}
    door.context.set_offline(False)
    door.locator(".door-line", has_text="3 entrées transmises").wait_for()
    outcomes = Scan.objects.order_by("pk").values_list("outcome", flat=True)
    assert list(outcomes) == ["ok", "ok", "already"]


def told_to_machines(content):
    """What a reader of screens asks a PDF first: tagged, its language, its title."""
    reader = PdfReader(BytesIO(content), strict=True)
    root = reader.trailer["/Root"]
    assert bool(root["/MarkInfo"]["/Marked"])
    assert "/StructTreeRoot" in root
    return root["/Lang"], reader.metadata.title


def test_from_the_line_of_a_full_training_to_the_closed_file(  # noqa: C901, PLR0915, PLR0917 -- one journey
    visit, client, clock, monkeypatch, live_server, settings, offline_errors
):
    settings.STAFF_MFA_REQUIRED = False
    monkeypatch.setattr(forms, "FASTEST_FILL", timedelta(0))
    now = timezone.now()
    start = (now + timedelta(days=20)).replace(hour=8, minute=0, second=0, microsecond=0)
    own = opened(
        of=training(), seats=2, group_limit=2, starts_at=start, ends_at=start + 8 * HOUR, now=now
    )
    others = signed(own, now=now)

    # Full: the company waits, is promoted, enrols and signs, all on a telephone.
    page = visit("/formations/", viewport=PHONE)
    waits(page)
    enrolment_ends.give_back(enrolment_id=others.pk, agreed_cents=0, now=timezone.now())
    enrols(page)
    enrolment = Enrolment.objects.going().get()
    made(now=timezone.now())  # the worker's part
    assert enrolment.drawing.startswith("M")

    # Each says where they stand, on a telephone.
    phones = []
    for who in ("lea", "karim"):
        phone = visit(link_in("welcome", who), viewport=PHONE)
        phones.append(phone)
        for choice in phone.get_by_label("J’ai essayé").all():
            choice.check()
        phone.get_by_role("button", name="Envoyer").click()
        phone.get_by_text("Positionnement rempli").wait_for()
    clock.to(start - timedelta(days=5))
    training_clocks.tick(now=timezone.now())
    clock.to(start - timedelta(minutes=20))
    come_in_offline(visit, own.session, phones)

    # Two half-days, signed by hand, by name without JavaScript, and by the code of the room.
    for number, half in enumerate(halves(own)):
        clock.to(half.starts_at + timedelta(minutes=3))
        training_clocks.tick(now=timezone.now())
        lea = visit(link_in("half_day", "lea"), viewport=PHONE)
        sign_here(lea, "Léa Meyer", by_hand=True)
        if number == 0:
            karim = visit(link_in("half_day", "karim"), viewport=PHONE, javascript=False)
            sign_here(karim, "Karim Haddad", by_hand=False)
        teacher = visit(link_in("half_day_trainer", "paul"), viewport=PHONE)
        sign_here(teacher, "Paul Roth", by_hand=True)
        if number:
            mail = OutboundEmail.objects.filter(
                kind="events/trainings/emails/half_day_trainer"
            ).latest("pk")
            board = re.search(r"(/formations/formateur/\S+)", mail.text_body)[1]
            teacher.goto(board)
            assert teacher.locator("svg.qr").bounding_box()["width"] > 150
            room = teacher.get_by_role("link", name="La même page, par un lien").get_attribute(
                "href"
            )
            karim = visit("/" + room.split("/", 3)[3], viewport=PHONE)
            karim.get_by_label("Votre courriel d’inscription").fill("karim@meyer.example")
            karim.get_by_role("button", name="Aller à ma signature").click()
            sign_here(karim, "Karim Haddad", by_hand=True)
    assert Signature.objects.count() == 6

    # The trainer evaluates both.
    clock.to(own.session.ends_at + HOUR)
    for name in ("Léa Meyer", "Karim Haddad"):
        teacher.goto(board)
        teacher.get_by_role("link", name=f"Évaluer {name}").click()
        for group in teacher.get_by_role("group").all():
            group.get_by_label("Acquis", exact=True).check()
        teacher.get_by_role("button", name="Enregistrer l’évaluation").click()
        teacher.get_by_role("link", name=f"Revoir l’évaluation de {name}").wait_for()

    # The centre issues the papers and the invoice.
    training_clocks.tick(now=timezone.now())
    agent = sign_in(client, Role.TRAINER)

    def desk():
        client.force_login(agent)
        staff = visit("/", viewport=DESK)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
        staff.context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}]
        )
        staff.goto(f"/formations/session/{own.pk}/")
        return staff

    staff = desk()
    for label in (
        "Émettre le programme", "Émettre la feuille d’émargement",
        "Émettre certificats et attestations", "Facturer", "Émettre les réponses de satisfaction",
    ):  # fmt: skip
        staff.get_by_role("button", name=label).click()
        staff.get_by_text(re.compile("^Fait.:")).first.wait_for()
    made(now=timezone.now())  # the worker's part
    with staff.expect_download() as archive:
        staff.get_by_role("link", name=re.compile("Tout le dossier")).click()
    assert archive.value.path().stat().st_size > 20_000

    # A trainee downloads the certificate and says what she thinks.
    lea = visit(link_in("satisfaction_hot", "lea"), viewport=PHONE)
    certificate = TrainingDocument.objects.get(
        kind="certificate", trainee__registration__email="lea@meyer.example"
    )
    given = lea.context.request.get(
        lea.get_by_role("link", name=re.compile("Certificat de réalisation")).get_attribute("href")
    )
    assert given.body() == bytes(certificate.content)
    assert told_to_machines(given.body()) == (
        "fr",
        f"Certificat de réalisation – {own.pk}-certificat-{certificate.trainee_id}",
    )
    for choice in lea.get_by_label("5", exact=True).all():
        choice.check()
    lea.get_by_role("button", name="Donner mon avis").click()
    lea.get_by_text("Votre avis").wait_for(state="detached")
    invoice = enrolment.order.invoices.get()
    invoices.make_document(invoice_id=invoice.pk, now=timezone.now())  # the worker's part
    buyer = visit(link_in("signed", "anne"), viewport=DESK)
    buyer.get_by_role("link", name=re.compile("les factures")).click()
    found = buyer.locator(f'a[href$="{invoice.reference}.pdf"]').first.get_attribute("href")
    paper = buyer.context.request.get(found)
    assert (invoice.total_cents, paper.status) == (70_000, 200)
    assert told_to_machines(paper.body()) == ("fr", f"Facture {invoice.reference}")
    name, _xml = facturx.get_facturx_xml_from_pdf(paper.body(), check_xsd=True)
    assert name == "factur-x.xml"

    # Three months later, nothing is missing: it closes.
    clock.to(own.session.ends_at + timedelta(days=95))
    training_clocks.tick(now=timezone.now())
    staff = desk()
    assert staff.locator(".check-missing").count() == 0
    staff.locator("summary", has_text="Clore la session").click()
    staff.get_by_role("button", name="Clore la session").click()
    staff.get_by_text(re.compile("^Close le")).wait_for()
    own.refresh_from_db()
    assert own.closed_by == agent
