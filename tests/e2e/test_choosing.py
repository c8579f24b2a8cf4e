"""Comparing by keyboard alone, and favourites without an account, in a real browser."""

import pytest

from tests.directory.factories import published_card

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
PHONE = {"width": 320, "height": 640}


@pytest.fixture
def three_cards():
    return [published_card(slug=f"fiche-{n}", name=f"Fiche {n}") for n in range(3)]


@pytest.mark.parametrize(
    ("prefix", "button", "headings"),
    [
        ("", "Comparer", ["Comparer des prestataires", "Prendre contact"]),
        ("/de", "Vergleichen", ["Anbieter vergleichen", "Kontakt aufnehmen"]),
        ("/en", "Compare", ["Compare providers", "Get in touch"]),
    ],
)
def test_three_cards_are_compared_by_keyboard_alone(three_cards, visit, prefix, button, headings):
    page = visit(f"{prefix}/annuaire/", javascript=False)
    for _stop in range(60):
        page.keyboard.press("Tab")
        kind, text = page.evaluate(
            "[document.activeElement.type, document.activeElement.innerText]"
        )
        if kind == "checkbox":
            page.keyboard.press("Space")
        elif text.strip() == button:
            page.keyboard.press("Enter")
            break

    page.wait_for_url(f"**{prefix}/annuaire/comparer/?fiche=**")
    assert page.locator("h1, tbody tr:last-child th").all_inner_texts() == headings
    assert page.locator("thead th .compare-name").count() == 3


def test_a_comparison_fits_the_narrowest_phone(three_cards, visit):
    page = visit("/annuaire/comparer/?fiche=fiche-0&fiche=fiche-1&fiche=fiche-2", viewport=PHONE)

    assert page.evaluate("document.documentElement.scrollWidth") == 320
    assert page.locator("td .compare-whose").first.is_visible()


def test_favourites_are_kept_announced_shared_and_compared(three_cards, visit):
    page = visit("/annuaire/fiche-0/")
    button = page.get_by_role("button", name="Favori")
    button.click()
    assert button.get_attribute("aria-pressed") == "true"
    assert page.get_by_role("status").inner_text() == "Ajouté à vos favoris."
    page.goto("/annuaire/fiche-1/")
    page.get_by_role("button", name="Favori").click()

    page.goto("/annuaire/favoris/")
    page.wait_for_url("**/favoris/?fiche=fiche-0&fiche=fiche-1")
    assert page.context.cookies() == []
    page.get_by_role("button", name="Comparer").click()
    page.wait_for_url("**/comparer/?fiche=fiche-0&fiche=fiche-1")

    other = visit("/annuaire/favoris/?fiche=fiche-0&fiche=fiche-1")
    other.get_by_role("button", name="Garder toutes ces fiches").click()
    other.goto("/annuaire/favoris/")
    other.wait_for_url("**/favoris/?fiche=fiche-0&fiche=fiche-1")


def test_a_fifty_first_favourite_is_refused_aloud(three_cards, visit):
    page = visit("/annuaire/fiche-0/")
    page.evaluate(
        "localStorage.setItem('emn-favourites',"
        " JSON.stringify(Array.from({length: 50}, (_, n) => `autre-${n}`)))"
    )
    page.reload()

    page.get_by_role("button", name="Favori").click()

    assert "au complet" in page.get_by_role("status").inner_text()
    assert page.evaluate("JSON.parse(localStorage.getItem('emn-favourites')).length") == 50


def test_without_javascript_no_favourite_button_is_shown(three_cards, visit):
    page = visit("/annuaire/", javascript=False)

    assert page.locator("[data-emn-favourite]:visible").count() == 0
