"""A person books a visit by scenario, keeps two things on site, answers at thirty days."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from emn.lib import forms
from emn.mailings.models import OutboundEmail
from events.models import Favourite, Registration, Session, VisitNotebook
from events.services import greetings, showroom_clocks
from tests.directory.factories import published_card
from tests.e2e.conftest import PHONE
from tests.events.showroom_factories import (
    DemonstrationFactory,
    ShowroomFactory,
    come,
    supplied,
    visit,
)

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

DAY = timedelta(days=1)


@pytest.fixture
def open_page(request):
    """The fixture `visit` of the browser, beside the `visit` that makes a slot."""
    return request.getfixturevalue("visit")


def link_in(kind, pattern):
    mail = OutboundEmail.objects.filter(kind=kind).latest("pk")
    return re.search(rf"{settings.PUBLIC_URL}(\S*/{pattern}/\S+)", mail.text_body)[1]


def move(session_id, *, by):
    """Let time pass: the session is where it would be then."""
    session = Session.objects.get(pk=session_id)
    Session.objects.filter(pk=session_id).update(
        starts_at=session.starts_at - by, ends_at=session.ends_at - by
    )


@pytest.mark.parametrize("javascript", [False, True])
def test_from_the_scenario_to_the_answer(open_page, monkeypatch, javascript):  # noqa: PLR0915 -- one journey
    monkeypatch.setattr(forms, "FASTEST_FILL", timedelta(0))
    now = timezone.now()
    ShowroomFactory(slug="vendre")
    cards = [published_card() for _n in range(3)]
    span = {"entered_on": now.date() - 30 * DAY, "leaves_on": now.date() + 100 * DAY}
    till = supplied(DemonstrationFactory(title_fr="La caisse", slug="caisse", **span), *cards)
    window = supplied(DemonstrationFactory(title_fr="La vitrine", slug="vitrine", **span), *cards)
    slot = visit(starts=now + 3 * DAY, now=now)

    # Books, by scenario, on a telephone.
    page = open_page("/showrooms/", viewport=PHONE, javascript=javascript)
    page.get_by_role("link", name="Choisir une visite").first.click()
    page.get_by_role("link", name="Artisan").click()
    page.locator(".slot a").click()
    assert page.get_by_role("radio", name="Artisan").is_checked()
    page.get_by_label("Votre nom").fill("Léa Meyer")
    page.get_by_label("Votre courriel").fill("lea@boulangerie.example")
    page.get_by_role("button", name="S’inscrire").click()
    page.get_by_role("heading", name="Regardez votre courrier").wait_for()
    greetings.greet_all(now=timezone.now())  # as the task does
    page.goto(link_in("events/emails/held", "inscription"))
    page.get_by_role("button", name="Prendre la place").click()
    page.get_by_text("Votre place est prise").wait_for()
    notebook = VisitNotebook.objects.get()
    assert notebook.scenario == "craft"

    # On site: the day has come, the host lets in, two QR codes are read.
    move(slot.session_id, by=3 * DAY)
    Registration.objects.update(status="registered", confirmed_at=None)
    come(notebook, now=timezone.now())
    page.goto(link_in("events/emails/confirmed", "carnet"))
    page.get_by_text(notebook.code).wait_for()
    for shown in (till, window):
        page.goto(shown.get_absolute_url())  # what its QR code says
        if javascript:
            page.get_by_role("button", name="Garder dans mon carnet").click()
        else:
            page.get_by_role("link", name="garder dans mon carnet").click()
            page.get_by_label("Code de votre visite").fill(notebook.code)
            page.get_by_role("button", name="Ouvrir").click()
        page.get_by_text("C’est gardé dans votre carnet.").wait_for()
    assert Favourite.objects.count() == 2
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]

    # Afterwards: the notebook comes by mail, with three providers each.
    move(slot.session_id, by=timedelta(hours=3))
    assert showroom_clocks.tick(now=timezone.now()) == 1
    page.goto(link_in("events/showrooms/emails/notebook", "carnet"))
    assert page.locator(".named li").count() == 6
    with page.expect_download() as file:
        page.get_by_role("link", name="Le carnet en PDF").click()
    assert file.value.suggested_filename == "carnet-de-visite.pdf"
    page.get_by_label("Ce que je veux retenir").fill("Comparer deux devis.")
    page.get_by_role("button", name="Enregistrer mes notes").click()
    page.get_by_text("Vos notes sont enregistrées.").wait_for()

    # Thirty days later: one question, one page, one button.
    move(slot.session_id, by=31 * DAY)
    assert showroom_clocks.tick(now=timezone.now()) == 1
    page.goto(link_in("events/showrooms/emails/question", "carnet"))
    first = page.locator(".question").first
    first.get_by_label("Acheté").check()
    first.get_by_label("Pourquoi").fill("Elle compte juste.")
    page.locator(".question").nth(1).get_by_label("Abandonné").check()
    page.get_by_role("button", name="Envoyer ma réponse").click()
    page.get_by_text("Merci : votre réponse est notée.").wait_for()

    said = dict(Favourite.objects.values_list("demonstration__slug", "outcome"))
    assert said == {"caisse": "bought", "vitrine": "dropped"}
    assert not page.context.cookies()
