"""The newsletter from the field at the foot of a page to the mailbox's own button."""

import re
from urllib.request import urlopen

import pytest

from emn.mailings.models import OutboundEmail, Subscription
from emn.mailings.services.lists import sync_lists

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
SMALLEST = {"width": 320, "height": 640}
EMAIL = "lea@boulangerie.example"


@pytest.fixture(autouse=True)
def lists(settings, live_server):
    """Ship the lists; links of messages lead to the server of the test."""
    settings.PUBLIC_URL = live_server.url
    sync_lists(write=True)


def link(name):
    """Return the last link of that page found in the messages."""
    texts = OutboundEmail.objects.order_by("-pk").values_list("text_body", flat=True)
    return re.search(rf"http\S+/lettre/{name}/\S+", "\n".join(texts))[0]


def statuses():
    return list(Subscription.objects.order_by("list__position").values_list("status", flat=True))


def ask(visit, **options):
    """Fill the field of a page, then the form."""
    page = visit("/mentions-legales/", **options)
    page.get_by_label("Votre adresse électronique").fill(EMAIL)
    page.get_by_role("button", name="Recevoir la lettre").click()
    assert page.get_by_label("Votre adresse électronique").input_value() == EMAIL
    page.get_by_role("checkbox", name="La lettre").check()
    page.wait_for_timeout(2_100)  # what a person takes at least
    page.get_by_role("button", name="M’abonner").click()
    page.wait_for_url("**/lettre/merci/")
    assert page.context.cookies() == []
    return page


def test_with_javascript_opening_the_link_is_enough(visit):
    page = ask(visit)

    page.goto(link("confirmer"))
    page.get_by_role("heading", name="votre abonnement commence").wait_for()

    assert (statuses(), page.context.cookies()) == (["confirmed"], [])


def test_without_javascript_on_the_smallest_screen_a_button_does_it_all(visit):
    page = ask(visit, javascript=False, viewport=SMALLEST)

    page.goto(link("confirmer"))
    assert statuses() == ["pending"]
    page.get_by_role("button", name="Oui, je m’abonne").click()
    page.get_by_role("heading", name="votre abonnement commence").wait_for()
    assert statuses() == ["confirmed"]

    page.get_by_role("link", name="Choisir vos sujets").click()
    page.get_by_role("checkbox", name="L’agenda des formations").check()
    page.get_by_label("Dans quelle langue").select_option("de")
    page.get_by_role("button", name="Enregistrer").click()
    page.get_by_text("C’est enregistré.").wait_for()
    assert statuses() == ["confirmed", "confirmed"]
    assert page.evaluate("document.documentElement.scrollWidth") == 320

    header = OutboundEmail.objects.latest("pk").headers["List-Unsubscribe"].strip("<>")
    with urlopen(header, data=b"List-Unsubscribe=One-Click") as answer:  # noqa: S310 -- ours
        assert (answer.status, answer.url, answer.headers["Set-Cookie"]) == (200, header, None)
    assert statuses() == ["ended", "ended"]


def test_the_form_is_sound_for_those_who_hear_it(visit):
    page = visit("/lettre/")
    page.get_by_role("button", name="M’abonner").click()
    assert page.get_by_label("Votre adresse électronique").evaluate("e => e.validity.valueMissing")

    page.get_by_label("Votre adresse électronique").fill(EMAIL)
    page.get_by_role("button", name="M’abonner").click()
    page.get_by_role("link", name="Cochez au moins une ligne.").click()

    assert page.evaluate("document.activeElement.name") == "lists"


def test_a_page_prepared_in_the_background_confirms_nothing(visit):
    page = ask(visit)
    page.add_init_script(
        "Object.defineProperty(document, 'visibilityState', {value: 'hidden', writable: true})"
    )

    page.goto(link("confirmer"))
    page.wait_for_timeout(500)
    assert statuses() == ["pending"]
    page.evaluate(
        "document.visibilityState = 'visible';document.dispatchEvent(new Event('visibilitychange'))"
    )
    page.get_by_role("heading", name="votre abonnement commence").wait_for()
    assert statuses() == ["confirmed"]
