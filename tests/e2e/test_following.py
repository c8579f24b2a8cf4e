"""Following a search by e-mail without an account, and moving over the map, in a real browser."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from directory.models import SearchAlert
from directory.services.alerts import send_due_digests
from emn.lib import forms
from emn.mailings.models import OutboundEmail
from tests.directory.factories import (
    CommuneFactory,
    CompanyFactory,
    EpciFactory,
    published_card,
)
from tests.e2e.conftest import PHONE

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

ADDRESS = "fournil@boulangerie.example"


def link_in_last_mail(part):
    """The path of a link of the last message."""
    mail = OutboundEmail.objects.order_by("-pk")[0]
    return re.search(rf"{settings.PUBLIC_URL}(\S*/{part}/\S+)", mail.text_body)[1]


def test_a_search_is_followed_confirmed_told_and_stopped_without_an_account(visit, monkeypatch):
    monkeypatch.setattr(forms, "FASTEST_FILL", timedelta(0))
    published_card(name="Atelier du Site")
    page = visit("/annuaire/?q=atelier", viewport=PHONE, javascript=False)
    page.get_by_role("link", name="alerte").or_(
        page.get_by_role("link", name="prévenu")
    ).first.click()
    page.locator("main").get_by_label("adresse").fill(ADDRESS)
    page.get_by_role("button", name="Demander l’alerte").click()
    page.get_by_role("heading", name="Regardez votre courrier").wait_for()

    page.goto(link_in_last_mail("confirmer"))
    assert SearchAlert.objects.active().count() == 0  # opening the link starts nothing
    page.get_by_role("button", name="Oui, je veux cette alerte").click()
    page.get_by_role("heading", name="Votre alerte est en marche").wait_for()
    published_card(name="Atelier de la Toile")
    assert send_due_digests(now=timezone.now() + timedelta(days=8)) == 1

    mail = OutboundEmail.objects.order_by("-pk")[0]
    assert "Atelier de la Toile" in mail.text_body
    assert "Atelier du Site" not in mail.text_body
    page.goto(link_in_last_mail("arret"))
    assert SearchAlert.objects.active().count() == 1
    page.get_by_role("button", name="Arrêter cette alerte").click()
    page.get_by_role("heading", name="L’alerte est arrêtée").wait_for()
    assert SearchAlert.objects.active().count() == 0


def test_the_map_goes_from_the_whole_to_a_zone_and_to_its_list_by_keyboard(visit, monkeypatch):
    monkeypatch.setattr("directory.maps.MOST_COMMUNES", 1)
    zone = EpciFactory(name="Sarrebourg Moselle Sud")
    for code, name, latitude in (("57630", "Sarrebourg", 48.73), ("57540", "Phalsbourg", 48.77)):
        commune = CommuneFactory(
            epci=zone,
            insee_code=code,
            name=name,
            name_folded=name.lower(),
            departement_code="57",
            latitude=latitude,
            longitude=7.1,
        )
        published_card(company=CompanyFactory(commune=commune))

    page = visit("/annuaire/carte/", javascript=False)
    circles = page.locator(".spots")
    circles.get_by_role("link", name=re.compile("Sarrebourg Moselle Sud.*2")).focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**zone=**")
    circles.get_by_role("link", name=re.compile("Phalsbourg.*1")).focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**commune=57540**")

    assert page.locator(".provider-row").count() == 1
