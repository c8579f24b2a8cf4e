"""Places of the ecosystem in a real browser: the list, its filters, the map, a page."""

import pytest

from directory.enums import PlaceKind
from directory.models import Place
from tests.directory.factories import NOW, CommuneFactory
from tests.e2e.conftest import PHONE

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def place(number, **changed):
    commune = changed.pop("commune", None) or CommuneFactory()
    return Place.objects.create(
        **{
            "reference": f"lieu-{number}",
            "slug": f"lieu-{number}",
            "pivot": "43493312300029",
            "name": f"Maison numérique {number}",
            "commune": commune,
            "postcode": "57400",
            "address": "1 rue de l’Été",
            "hours": "Mo-Fr 09:00-12:00",
            "updated_on": NOW.date(),
        }
        | changed
    )


@pytest.mark.parametrize("javascript", [False, True])
def test_a_place_is_found_by_the_list_and_by_the_map(visit, javascript):
    place(1)
    place(2, kind=PlaceKind.LAB, name="Laboratoire des usages")
    nancy = CommuneFactory(insee_code="54395", name="Nancy", latitude=48.69, longitude=6.175)
    place(3, commune=nancy, name="École de Nancy", kind=PlaceKind.SCHOOL)

    page = visit("/lieux/", viewport=PHONE, javascript=javascript)
    page.get_by_label("Genre de lieu").select_option(label="Laboratoire")
    page.get_by_role("button", name="Afficher").click()
    page.get_by_text("1 lieu", exact=True).wait_for()
    page.get_by_role("link", name="Laboratoire des usages").click()
    page.get_by_text("du lundi au vendredi").wait_for()

    page.goto("/lieux/")
    page.get_by_role("link", name="Voir la carte").click()
    page.get_by_role("heading", name="Lieux par commune").wait_for()
    page.locator("#tableau").get_by_role("link", name="Sarrebourg").click()
    page.get_by_role("link", name="Maison numérique 1").wait_for()
    page.goto("/lieux/carte/")
    page.get_by_role("link", name="Nancy 1").first.click()
    page.locator("#tableau").get_by_role("link", name="Nancy").click()
    page.get_by_role("link", name="École de Nancy").click()
    page.get_by_role("heading", name="École de Nancy").wait_for()
    assert page.locator("body").evaluate("el => el.scrollWidth <= el.clientWidth")
    assert not page.context.cookies()
