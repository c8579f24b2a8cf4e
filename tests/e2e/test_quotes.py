"""A quote, from its first words to the answer; nine questions, to the call. A real browser."""

import re
from datetime import timedelta

import pytest
from django.conf import settings

from directory.models import CallRequest, OneShotCount, Quote
from emn.lib import forms
from emn.mailings.models import OutboundEmail
from tests.directory import quoting
from tests.directory.test_oneshot_verdict import answers
from tests.e2e.conftest import DESK, PHONE
from tests.e2e.test_staff_tools import person, sign_in

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

WORDS = {
    "need": "Un site que nos clients lisent sur leur téléphone.",
    "fit": "Six pages suffisent ; une boutique en ligne serait trop.",
    "reviews": "À la livraison",
    "delivered": "Six pages et deux heures de prise en main.",
    "excluded": "Les photos",
    "supplies": "Les textes avant le 15",
    "delay": "Six semaines après la commande.",
    "payment": "À la livraison",
    "provider_lead": "Alice Martin",
    "client_lead": "La gérante",
    "steps": "Maquette, puis site d’essai, une semaine chacun.",
    "people": "Alice Martin, conception",
    "subcontractors": "Aucun",
    "holder": "Tout est au nom du client.",
    "exit": "Un mois de préavis, tout est remis.",
    "takeover": "Un logiciel libre courant.",
    "ownership": "Tout passe au client au paiement.",
    "third_parties": "Rien",
}


def fill_what_is_asked(page):
    for field in page.query_selector_all("main textarea, main input[type=text]"):
        name = field.get_attribute("name")
        if name in WORDS:
            field.fill(WORDS[name])


@pytest.mark.parametrize("javascript", [True, False])
def test_a_quote_is_written_sent_read_and_accepted(visit, javascript):
    card, owner = quoting.card_of(person("alice@atelier.example"))

    page = visit("/devis/", viewport=PHONE, javascript=javascript)
    page.get_by_role("link", name="L’écrire en ligne").click()
    sign_in(page, owner.email)
    page.get_by_role("button", name="Écrire un devis").click()
    page.get_by_label("Objet du devis").fill("Site de la boulangerie")
    page.get_by_label("Entreprise du client").fill("Boulangerie")
    page.get_by_label("Son courriel").fill(quoting.CLIENT)
    page.get_by_role("button", name="Garder et continuer").click()
    for number in range(1, 8):
        page.get_by_role("heading", level=1).filter(has_text=f"{number}. ").wait_for()
        fill_what_is_asked(page)
        if number == 3:
            page.fill("[name=lines-0-label]", "Site")
            page.fill("[name=lines-0-price]", "2 400,50")
            page.fill("[name=lines-1-label]", "Hébergement")
            page.fill("[name=lines-1-price]", "15,90")
            page.select_option("[name=lines-1-every]", "month")
            page.fill("[name=lines-1-months]", "24")
            page.fill("[name=lines-1-ends]", "Un mois de préavis")
            page.get_by_label("Tous les coûts sont dans ce tableau").check()
        page.get_by_role("button", name="Garder et continuer").click()
    page.get_by_text("7 engagements sur 7 couverts").wait_for()
    page.get_by_role("button", name="Envoyer le devis").click()
    page.get_by_text("Le devis part").wait_for()
    with page.expect_download() as download:
        page.get_by_role("link", name="Devis (PDF)").click()
    assert download.value.suggested_filename == f"devis-DE-{card.pk}-0001.pdf"

    mail = OutboundEmail.objects.get(kind="directory/emails/quote_received")
    link = re.search(rf"{settings.PUBLIC_URL}(/devis/lire/\S+)", mail.text_body)[1]
    company = visit(link, viewport=DESK, javascript=javascript)
    company.get_by_text("3 338,52 € en tout").wait_for()
    assert Quote.objects.get().status == "sent"
    assert company.evaluate("document.documentElement.scrollWidth") <= DESK["width"]
    company.get_by_role("button", name="J’accepte ce devis").click()
    company.get_by_text("C’est accepté").wait_for()
    assert company.context.cookies() == []
    page.reload()
    page.get_by_text("Accepté", exact=True).wait_for()


@pytest.mark.parametrize("javascript", [True, False])
def test_nine_answers_a_verdict_a_document_and_a_call(visit, monkeypatch, javascript):
    monkeypatch.setattr(forms, "FASTEST_FILL", timedelta(0))

    page = visit("/", viewport=PHONE, javascript=javascript)
    page.get_by_role("link", name="Vérifier avant de signer").click()
    page.get_by_role("heading", name="neuf questions").wait_for()
    for key, said in answers("locked", "total").items():
        page.check(f"[name={key}][value={said}]")
    page.get_by_role("button", name="Voir le résultat").click()
    page.get_by_role("heading", name="Ne signez pas aujourd’hui").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    with page.expect_download() as download:
        page.get_by_role("button", name="Ces demandes en PDF").click()
    assert download.value.suggested_filename == "a-demander-par-ecrit.pdf"
    page.get_by_label("Votre nom").fill("Karim Weber")
    page.get_by_label("Votre téléphone").fill("03 87 00 00 02")
    page.get_by_role("button", name="Demander un rappel").click()
    page.get_by_role("heading", name="Votre demande est notée").wait_for()

    call = CallRequest.objects.get()
    assert (call.colour, call.alarms) == ("red", ["locked", "total"])
    assert OneShotCount.objects.get(question="").times == 1
    assert page.context.cookies() == []
