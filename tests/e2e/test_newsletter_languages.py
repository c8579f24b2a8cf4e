"""The newsletter’s whole way in each language: ask, confirm, choose, leave."""

from urllib.request import urlopen

import pytest
from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import override

from emn.mailings.models import MailingList, OutboundEmail, Subscriber, Subscription
from emn.mailings.services.lists import sync_lists
from tests.e2e.test_newsletter import EMAIL, link, statuses

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
LANGUAGES = [code for code, _name in settings.LANGUAGES]
SMALLEST = {"width": 320, "height": 640}


@pytest.fixture(autouse=True)
def lists(settings, live_server):
    """Ship the lists; links of messages lead to the server of the test."""
    settings.PUBLIC_URL = live_server.url
    with connection.cursor() as cursor:  # five an hour from one machine without JavaScript
        cursor.execute("TRUNCATE emn_rate_limit")
    sync_lists(write=True)


@pytest.fixture(params=LANGUAGES)
def language(request):
    """Speak the visitor’s language, in the test too: what is looked for is what they read."""
    with override(request.param):
        yield request.param


def path(of, language):
    return of if language == "fr" else f"/{language}{of}"


def fill_and_send(page):
    page.get_by_role("checkbox", name=MailingList.objects.get(code="lettre").name).check()
    page.wait_for_timeout(2_100)  # what a person takes at least
    page.get_by_role("button", name=_("M’abonner"), exact=True).click()
    page.wait_for_url("**/lettre/merci/")


def open_in(page, address, language):
    """Open a link of a message: it speaks the language, without any cookie."""
    page.goto(address)
    assert page.locator("html").get_attribute("lang") == language
    assert page.context.cookies() == []


@pytest.mark.parametrize("start", ["/mentions-legales/", "/lettre/"])
def test_from_the_field_or_the_page_to_the_last_message(visit, language, start):
    page = visit(path(start, language), javascript=False, viewport=SMALLEST)
    page.get_by_label(_("Votre adresse électronique")).first.fill(EMAIL)
    if start != "/lettre/":
        page.get_by_role("button", name=_("Recevoir la lettre")).click()
    fill_and_send(page)
    assert Subscriber.objects.get().language == language
    assert OutboundEmail.objects.get().subject == _("Confirmez votre abonnement")

    open_in(page, link("confirmer"), language)
    assert statuses() == ["pending"]  # a scanner that opens the link starts nothing
    page.get_by_role("button", name=_("Oui, je m’abonne")).click()
    page.get_by_role("heading", name=_("C’est fait\u00a0: votre abonnement commence")).wait_for()
    assert statuses() == ["confirmed"]

    open_in(page, link("preferences"), language)
    page.get_by_role("checkbox", name=MailingList.objects.get(code="formations").name).check()
    page.get_by_role("button", name=_("Enregistrer")).click()
    page.get_by_text(_("C’est enregistré.")).wait_for()
    assert statuses() == ["confirmed", "confirmed"]
    assert page.evaluate("document.documentElement.scrollWidth") == 320

    header = OutboundEmail.objects.latest("pk").headers["List-Unsubscribe"].strip("<>")
    open_in(page, header, language)
    page.get_by_role("heading", name=_("Se désinscrire")).wait_for()
    assert statuses() == ["confirmed", "confirmed"]
    with urlopen(header, data=b"List-Unsubscribe=One-Click") as answer:  # noqa: S310 -- ours
        assert (answer.status, answer.url, answer.headers["Set-Cookie"]) == (200, header, None)
        assert answer.headers["Content-Language"] == language
    assert statuses() == ["ended", "ended"]


def test_with_javascript_the_link_confirms_and_a_button_leaves(visit, language):
    page = visit(path("/lettre/", language))
    page.get_by_label(_("Votre adresse électronique")).first.fill(EMAIL)
    fill_and_send(page)

    open_in(page, link("confirmer"), language)
    page.get_by_role("heading", name=_("C’est fait\u00a0: votre abonnement commence")).wait_for()
    open_in(page, link("desinscription"), language)
    page.get_by_role("button", name=_("Me désinscrire"), exact=True).click()
    page.get_by_role("heading", name=_("Votre désinscription est faite")).wait_for()

    assert Subscription.objects.get().status == "ended"
