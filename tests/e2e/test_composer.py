"""Staff writes a letter in two languages, sees it, mends what blocks it, and schedules it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from emn.mailings.models import Campaign, OutboundEmail
from emn.mailings.services import audiences
from tests.e2e.conftest import DESK, PHONE
from tests.e2e.test_staff_tools import person, sign_in
from tests.mailings.letters import mailing_list, reader

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def no_second_factor(settings, live_server):
    settings.STAFF_MFA_REQUIRED = False
    settings.PUBLIC_URL = live_server.url
    settings.CSRF_TRUSTED_ORIGINS = [live_server.url]


@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_staff_composes_in_two_languages_and_schedules(visit, viewport):
    person("agent@centre.example", is_staff=True, is_superuser=True)
    mailing_list()
    reader()
    reader(language="de")

    page = visit("/admin/mailings/campaign/add/", viewport=viewport)
    sign_in(page, "agent@centre.example")
    page.fill("[name=title]", "Décembre")
    page.select_option("[name=list]", label="La lettre")
    page.click("text=Enregistrer")
    page.fill("[name=fr-subject]", "Trois rendez-vous")
    page.click("text=Enregistrer")

    page.click("#blocs >> text=Texte")
    page.fill("[name=fr-text]", "Venez voir l’[annuaire](/annuair/).")
    page.click("text=Enregistrer")
    page.click("#blocs >> text=Intertitre")
    page.fill("[name=fr-text]", "À retenir")
    page.click("text=Enregistrer")
    page.click("text=Monter")

    page.wait_for_selector("text=le portail n’a pas cette page")
    assert page.is_visible("text=Des destinataires lisent en allemand")

    page.click("text=Écrire les objets")
    page.fill("[name=de-subject]", "Drei Termine")
    page.click("text=Enregistrer")
    page.wait_for_selector("text=Écrivez le bloc 1 (intertitre) en allemand.")
    page.click("[aria-label='Modifier le bloc 1']")
    page.fill("[name=de-text]", "Merken")
    page.click("text=Enregistrer")
    page.click("[aria-label='Modifier le bloc 2']")
    page.fill("[name=fr-text]", "Venez voir l’[annuaire](/annuaire/).")
    page.fill("[name=de-text]", "Zum [Verzeichnis](/de/annuaire/).")
    page.click("text=Enregistrer")
    page.wait_for_selector("#verifications")
    assert page.locator(".emn-wrong").count() == 0

    page.click("#apercu >> text=Allemand")
    for frame in (".emn-phone", ".emn-desk"):
        page.locator(frame).scroll_into_view_if_needed()
        page.frame_locator(frame).locator("text=Drei Termine").first.wait_for()
    page.click("text=Le même message en texte")
    assert f"Zum Verzeichnis <{page.url.partition('/admin')[0]}/de/annuaire/>." in page.inner_text(
        ".emn-text-twin pre"
    )
    page.click("text=M’envoyer un essai")
    page.wait_for_selector("text=L’essai part vers votre adresse")
    assert OutboundEmail.objects.get(kind="mailings.trial").subject == "[Essai] Drei Termine"

    page.click("text=Programmer")
    page.wait_for_selector("text=Calcul en cours…")
    audiences.count(campaign_id=Campaign.objects.get().pk, now=timezone.now())
    page.wait_for_selector("text=2 personnes")  # the page has read itself again
    at = timezone.localtime() + timedelta(days=1)
    page.fill("[name=at]", f"{at:%Y-%m-%dT%H:%M}")
    page.click("input[value=Programmer]")
    page.wait_for_selector("text=L’envoi est programmé.")
    assert Campaign.objects.get().status == "scheduled"
