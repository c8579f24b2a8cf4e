"""A company tells what costs it time; a signatory answers; the room votes; both sit at a table."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from directory.models import Membership
from emn.lib import forms
from emn.mailings.models import OutboundEmail
from events.models import Participant, Registration, Timetable
from events.services import doors
from events.tasks import compute_timetable, run_table_clocks, tell_tables
from tests.e2e.conftest import PHONE
from tests.e2e.test_staff_tools import person, sign_in
from tests.events import rendezvous as make
from tests.events.factories import seated

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def at_ease(settings, monkeypatch):
    settings.STAFF_MFA_REQUIRED = False
    monkeypatch.setattr(forms, "FASTEST_FILL", timedelta(0))


def link_in(kind, email, part):
    """The path that the last message of a kind leads somebody to."""
    mail = OutboundEmail.objects.filter(kind=f"events/emails/{kind}", to_email=email).latest("pk")
    return re.search(rf"{settings.PUBLIC_URL}(\S*/{part}/\S+)", mail.text_body)[1]


def tell(phone):
    """The company, on a telephone."""
    phone.get_by_role("link", name="Dire ce qui m’agace").click()
    phone.get_by_label("Qu’est-ce qui vous fait perdre").fill(
        "Je perds six heures par semaine à recopier les commandes du téléphone."
    )
    phone.get_by_label("Combien d’heures").fill("6")
    phone.get_by_label("Votre nom").fill("Léa Meyer")
    phone.get_by_label("Votre entreprise").fill("Boulangerie Meyer")
    phone.get_by_label("Votre courriel").fill("lea@meyer.example")
    phone.get_by_role("button", name="Envoyer").click()
    phone.get_by_role("heading", name="Regardez votre courrier").wait_for()
    phone.goto(link_in("irritant_confirm", "lea@meyer.example", "suivre"))
    phone.get_by_role("button", name="Confirmer").click()
    phone.get_by_text("Le centre relit vos mots").wait_for()


def publish(desk, evening):
    """Staff makes it anonymous and publishes it."""
    sign_in(desk, "agent@centre.example")
    desk.get_by_role("link", name="irritants à relire").click()
    desk.click("#result_list tbody a")
    desk.get_by_role("link", name="Publier", exact=True).click()
    desk.fill("[name=text]", "Les commandes du téléphone sont recopiées à la main.")
    desk.select_option("[name=evening]", str(evening.pk))
    decided(desk)
    desk.get_by_text("L’irritant est publié").wait_for()


def answer(provider, owner):
    """A signatory answers."""
    provider.get_by_role("link", name="Lire et répondre").click()
    assert "Meyer" not in provider.content()
    provider.get_by_role("link", name="Répondre, en tant que prestataire").click()
    sign_in(provider, owner.email)
    provider.get_by_label("Comment répondriez-vous").fill(
        "Un bon de commande que le client remplit lui-même, en deux semaines, 900 €."
    )
    provider.get_by_role("button", name="Envoyer ma réponse").click()
    provider.get_by_text("Votre réponse est envoyée").wait_for()


def decided(desk):
    desk.locator("#content form [type=submit]").last.click()


def choose(desk, evening):
    """Staff chooses the answer, and opens the vote."""
    desk.goto(f"/admin/events/evening/{evening.pk}/change/")
    desk.get_by_role("link", name="Candidatures").first.click()
    desk.click("#result_list tbody a")
    desk.get_by_role("link", name="Choisir, ou non").click()
    desk.check("[name=status][value=chosen]")
    desk.select_option("[name=position]", "1")
    desk.fill("[name=reason]", "Concret, le prix est dit.")
    decided(desk)
    desk.get_by_text("C’est noté au journal").wait_for()
    desk.goto(f"/admin/events/evening/{evening.pk}/change/")
    desk.get_by_role("link", name="Ouvrir le vote").click()
    decided(desk)
    desk.get_by_text("La salle vote.").wait_for()


def vote(phone, desk, evening, owner):
    """In the room: the ticket is read, then the ballot sent, then the result shown."""
    now = timezone.now()
    entry = seated(evening.session, email="lea@meyer.example", company_name="Boulangerie Meyer",
                   now=now)  # fmt: skip
    run_table_clocks()  # before the door: invitations go to those who come
    doors.check_in(
        session_id=evening.session_id, registration_id=entry.pk, by_id=owner.pk,
        client_id="00000000-0000-0000-0000-000000000001", scanned_at=now, now=now,
    )  # fmt: skip
    phone.goto(f"/agenda/billet/{entry.ticket}/")
    phone.get_by_role("link", name="Voter").click()
    for group in phone.get_by_role("group").filter(has_not=phone.get_by_role("group")).all():
        group.get_by_label("4", exact=True).check()
    phone.get_by_role("button", name="Voter").click()
    phone.get_by_text("Votre bulletin est compté").wait_for()
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    desk.goto(f"/admin/events/evening/{evening.pk}/change/")
    desk.get_by_role("link", name="Clore le vote").click()
    decided(desk)
    phone.goto(evening.get_absolute_url())
    phone.get_by_text("1 bulletin, notes de 1 à 5.").wait_for()


def sit(phone, provider, desk, evening, owner):
    """A table is asked for, accepted, computed, found by both."""
    phone.goto(link_in("tables_open", "lea@meyer.example", "tables"))
    phone.get_by_role("button", name="Demander").click()
    phone.get_by_text("La demande est envoyée.").wait_for()
    provider.goto(link_in("table_asked", owner.email, "tables"))
    provider.get_by_role("button", name="Accepter").click()
    provider.get_by_text("C’est noté.").wait_for()
    desk.goto(f"/rendez-vous-solutions/coulisses/{evening.pk}/")
    desk.get_by_role("button", name="Fermer les demandes").click()
    desk.get_by_role("button", name="Calculer l’horaire").click()
    desk.get_by_text("Horaire n° 1").wait_for()
    compute_timetable(timetable_id=Timetable.objects.get().pk)
    desk.goto(f"/rendez-vous-solutions/coulisses/{evening.pk}/")
    desk.get_by_text("prouvé le meilleur").wait_for()
    desk.get_by_role("button", name="Annoncer à chacun").click()
    desk.get_by_role("button", name="Recalculer le reste").wait_for()
    tell_tables(evening_id=evening.pk)
    phone.goto(link_in("tables_told", "lea@meyer.example", "tables"))
    phone.get_by_role("heading", name="Mon horaire").wait_for()
    assert phone.get_by_text("Atelier du Web").first.is_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    provider.goto("/rendez-vous-solutions/mes-reponses/")
    provider.get_by_role("link", name=evening.session.title).click()
    provider.get_by_role("heading", name="Mon horaire").wait_for()
    assert provider.get_by_text("Boulangerie Meyer").first.is_visible()


@pytest.mark.parametrize("javascript", [True, False])
def test_from_the_irritant_to_the_table(visit, javascript):
    now = timezone.now()
    evening = make.evening(now=now, starts_at=now + timedelta(days=10))
    card = make.signatory(now=now, name="Atelier du Web")
    owner = person("gerant@atelier.example")
    Membership.objects.create(company=card.company, user=owner)
    person("agent@centre.example", is_staff=True, is_superuser=True)

    phone = visit("/rendez-vous-solutions/", viewport=PHONE, javascript=javascript)
    tell(phone)
    desk = visit("/admin/", javascript=javascript)
    publish(desk, evening)
    provider = visit("/rendez-vous-solutions/", javascript=javascript)
    answer(provider, owner)
    choose(desk, evening)
    vote(phone, desk, evening, owner)
    sit(phone, provider, desk, evening, owner)

    assert not phone.context.cookies()
    assert Participant.objects.count() == 2
    assert Registration.objects.get().status == "present"
