"""A firm takes its card in hand; staff merges duplicates and brings in a file."""

import re
from datetime import timedelta

import pytest

from directory import tasks
from directory.models import CardImport, Provider
from directory.services import duplicates
from emn.accounts.models import User
from emn.lib import forms
from emn.mailings.models import OutboundEmail
from tests.directory.factories import NOW, CompanyFactory, ServiceFactory, published_card
from tests.directory.test_transfers import as_csv, line
from tests.e2e.conftest import PHONE

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
PASSWORD = "phrase-de-passe-longue"


@pytest.fixture(autouse=True)
def no_second_factor(settings):
    settings.STAFF_MFA_REQUIRED = False


def sign_in(page, email):
    page.fill("[name=login]", email)
    page.fill("[name=password]", PASSWORD)
    page.click("main form button[type=submit]")


def person(email, **fields):
    from allauth.account.models import EmailAddress

    user = User.objects.create_user(email, PASSWORD, **fields)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


def test_a_provider_claims_its_card_on_a_phone(visit):
    card = published_card(name="Atelier du Web")
    person("gerante@ailleurs.example")

    page = visit(card.get_absolute_url(), viewport=PHONE)
    page.click("text=Demandez à tenir cette fiche")
    sign_in(page, "gerante@ailleurs.example")
    page.fill("[name=adresse-email]", "alice@atelier.example")
    page.click("text=Recevoir un code")
    page.wait_for_selector("[name=code]")
    mail = OutboundEmail.objects.get(kind="directory/emails/claim_code")
    page.fill("[name=code]", re.search(r"^\d{6}$", mail.text_body, re.MULTILINE)[0])
    page.click("text=Valider")

    page.wait_for_selector("text=la fiche est à vous")
    assert page.is_visible("text=Atelier du Web")


def test_a_reader_reports_an_error_without_javascript(visit, monkeypatch):
    monkeypatch.setattr(forms, "FASTEST_FILL", timedelta(0))
    card = published_card()

    page = visit(card.get_absolute_url(), javascript=False)
    page.click("text=Signalez-le")
    page.check("text=L’entreprise a fermé ou déménagé")
    page.click("text=Envoyer")

    assert page.is_visible("text=bien arrivé")
    assert card.reports.count() == 1


def test_staff_merges_duplicates_and_the_old_link_redirects(visit):
    person("agent@centre.example", is_staff=True, is_superuser=True)
    kept = published_card(name="Atelier du Web", tagline="Ancienne phrase")
    merged = published_card(name="L’Atelier du Web", tagline="Phrase neuve")
    duplicates.find_duplicates(now=NOW)

    page = visit("/admin/")
    sign_in(page, "agent@centre.example")
    page.click("text=doublons possibles à comparer")
    page.click("#result_list tbody a")
    page.check("[name=tagline][value=merged]")
    page.click("text=Réunir les deux fiches")
    page.wait_for_selector("text=son adresse y mène")
    page.goto(merged.get_absolute_url())

    assert page.url.endswith(kept.get_absolute_url())
    assert page.is_visible("text=Phrase neuve")


def test_staff_brings_in_a_file_and_follows_it(visit, monkeypatch):
    monkeypatch.setattr(tasks.run_import, "delay", lambda **_ids: None)
    person("agent@centre.example", is_staff=True, is_superuser=True)
    ServiceFactory()
    content = as_csv([line(CompanyFactory().siret)])

    page = visit("/admin/directory/cardimport/nouveau/")
    sign_in(page, "agent@centre.example")
    file = {"name": "fiches.csv", "mimeType": "text/csv", "buffer": content}
    page.set_input_files("[name=file]", file)
    page.click("text=Lire le fichier")
    page.wait_for_selector("text=En attente de lecture")
    tasks.run_import(import_id=CardImport.objects.get().pk)
    page.click("text=Écrire ces fiches")  # the page reads itself again
    page.wait_for_selector("text=Écriture en cours")
    tasks.run_import(import_id=CardImport.objects.get().pk)
    page.wait_for_selector("text=Tout est écrit")

    assert Provider.objects.get().name == "Atelier importé"
