"""Finding a provider on a phone, badly spelt, and by keyboard with suggestions."""

import re

import pytest
from django.core.management import call_command

from tests.directory.factories import CommuneFactory, ServiceFactory, published_card
from tests.e2e.conftest import PHONE

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

ASKED = [
    ("/annuaire/", "refair mon sitte intrenet près de Sarbourg", "Rechercher", "site internet"),
    ("/de/annuaire/", "neue Hompage bei Sarrebourg", "Suchen", "Website"),
    ("/en/annuaire/", "new websit near Sarrebourg", "Search", "Website"),
]


def test_a_badly_spelt_need_near_sarrebourg_is_answered_on_a_phone(visit):
    call_command("sync_territory", "--write", verbosity=0)
    call_command("seed_demo", verbosity=0)

    for path, sentence, button, service in ASKED:
        page = visit(path, viewport=PHONE)
        page.get_by_role("textbox").or_(page.get_by_role("combobox")).first.fill(sentence)
        page.get_by_role("search").get_by_role("button", name=button).click()
        page.wait_for_url(re.compile(r"\?q="))

        first = page.locator(".provider-row").first
        first.wait_for()
        place = first.locator(".row-meta li").first.inner_text()
        kilometres = re.search(r"(\d+)\s*km", place)
        assert int(kilometres[1]) <= 50
        first.get_by_role("link").first.click()
        page.locator("#services").wait_for()
        assert service in page.locator(".service-list").inner_text()


def test_suggestions_are_reached_and_chosen_by_keyboard(visit):
    ServiceFactory()
    CommuneFactory()
    published_card(name="Atelier Nuage")

    page = visit("/annuaire/")
    field = page.get_by_role("combobox", name="Votre besoin")
    field.press_sequentially("ate")
    option = page.get_by_role("option", name="Atelier Nuage")
    option.wait_for()
    field.press("ArrowDown")
    assert option.get_attribute("aria-selected") == "true"
    assert field.get_attribute("aria-activedescendant") == option.get_attribute("id")
    field.press("Enter")

    page.get_by_role("heading", level=1, name="Atelier Nuage").wait_for()


def test_escape_closes_the_suggestions_and_the_field_still_searches(visit):
    ServiceFactory()
    published_card(name="Atelier Nuage")

    page = visit("/annuaire/")
    field = page.get_by_role("combobox", name="Votre besoin")
    field.press_sequentially("nuage")
    page.get_by_role("option").first.wait_for()
    field.press("Escape")
    assert page.get_by_role("option").count() == 0
    field.press("Enter")

    page.get_by_role("heading", level=2, name="Atelier Nuage").wait_for()


def test_around_me_asks_the_browser_and_names_the_commune(visit):
    ServiceFactory()
    CommuneFactory()
    published_card(name="Atelier Nuage")

    page = visit("/annuaire/")
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation({"latitude": 48.7391, "longitude": 7.0512})
    page.get_by_role("button", name="Autour de moi").click()

    page.wait_for_url(re.compile("commune=48.74%2C7.05"))
    page.get_by_text("20 km au plus de Sarrebourg").wait_for()
