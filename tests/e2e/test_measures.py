"""What a page tells of its cards, in a real browser."""

import pytest

from directory import measures
from directory.models import CardDay
from directory.services import measures as services
from emn.lib.tally import Tally
from tests.directory.factories import published_card

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def told(monkeypatch):
    """Count a browser without a screen too, and return what was counted once it is there."""
    monkeypatch.setattr(measures, "views", Tally(services.add_views))
    monkeypatch.setattr(measures, "is_left_out", lambda _request: False)

    def read():
        measures.views.flush()
        return list(CardDay.objects.values_list("listed", "opened", "phoned", "mailed", "visited"))

    return read


def measured(page, action):
    with page.expect_response("**/annuaire/mesure/") as answer:
        action()
    assert answer.value.status == 204


def test_a_card_shown_opened_and_called_is_counted_without_a_cookie(visit, told):
    published_card(slug="atelier", phone="03 87 00 00 00", email="a@atelier.example")
    page = visit("/")

    measured(page, lambda: page.goto("/annuaire/"))
    measured(page, lambda: page.goto("/annuaire/atelier/"))
    page.evaluate("addEventListener('click', (event) => event.preventDefault())")
    measured(page, lambda: page.locator(".provider-contact a[href^='tel:']").click())
    measured(page, page.locator(".provider-contact a[href^='mailto:']").first.click)

    assert told() == [(1, 1, 1, 1, 0)]
    assert page.context.cookies() == []


def test_who_asks_not_to_be_measured_is_not(visit, told):
    published_card(slug="atelier")
    page = visit("/")
    page.add_init_script("Object.defineProperty(navigator, 'globalPrivacyControl', {value: true})")
    sent = []
    page.on("request", lambda request: sent.append(request.url))

    page.goto("/annuaire/atelier/")
    page.wait_for_load_state("networkidle")

    assert [url for url in sent if "mesure" in url] == []
    assert told() == []
