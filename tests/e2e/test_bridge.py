"""A need of an association, from its form to what both sides count, in a real browser."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from directory.bridge_reports import Given, given_so_far
from directory.models import SolidarityAd
from directory.services import bridge_handling
from emn.lib import forms
from emn.mailings.models import OutboundEmail
from tests.directory.bridge import AUTHOR, REPLIER, SIRET
from tests.directory.factories import CommuneFactory, UserFactory
from tests.e2e.conftest import PHONE

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def link_in_last_mail(kind, part):
    """The path of a link of the last message of a kind."""
    mail = OutboundEmail.objects.filter(kind=f"directory/bridge/emails/{kind}").latest("pk")
    return re.search(rf"{settings.PUBLIC_URL}(\S*/{part}/\S+)", mail.text_body)[1]


def say_who(page, organisation, number, name, email):
    page.locator("#id_organisation").fill(organisation)
    page.locator("#id_number").fill(number)
    page.get_by_label("Votre nom").fill(name)
    page.locator("#id_contact_email").fill(email)


@pytest.mark.parametrize("javascript", [False, True])
def test_a_need_is_met_and_both_sides_say_so(visit, monkeypatch, javascript):
    monkeypatch.setattr(forms, "FASTEST_FILL", timedelta(0))
    CommuneFactory()

    page = visit("/passerelle-solidaire/", viewport=PHONE, javascript=javascript)
    page.get_by_role("link", name="Dire un besoin").click()
    page.get_by_label("Du matériel de réemploi").check()
    page.get_by_label("En une ligne").fill("Quatre ordinateurs pour notre atelier")
    page.get_by_label("En détail").fill("Notre atelier reçoit dix personnes par semaine.")
    page.get_by_label("Combien").fill("4")
    page.get_by_label("Dans quelle commune").fill("Sarrebourg")
    say_who(page, "Le Coup de Pouce", "W572 001 234", "Paul Klein", AUTHOR)
    page.get_by_role("button", name="Envoyer l’annonce").click()
    page.get_by_role("heading", name="Regardez votre courrier").wait_for()
    page.goto(link_in_last_mail("confirm", "confirmer"))
    page.get_by_role("button", name="Oui, c’est mon annonce").click()
    page.get_by_role("heading", name="Votre annonce est partie").wait_for()

    ad = SolidarityAd.objects.get()
    bridge_handling.publish_ad(ad_id=ad.pk, by_id=UserFactory().pk, now=timezone.now())

    firm = visit("/passerelle-solidaire/?cote=besoins", javascript=javascript)
    firm.get_by_role("link", name="Quatre ordinateurs").click()
    assert AUTHOR not in firm.content()
    firm.get_by_role("link", name="Nous pouvons aider").click()
    firm.get_by_label("Votre message").fill("Nous en avons quatre de trop, en bon état.")
    say_who(firm, "Boulangerie", SIRET, "Léa Meyer", REPLIER)
    firm.get_by_role("button", name="Envoyer ma réponse").click()
    firm.get_by_role("heading", name="Regardez votre courrier").wait_for()
    firm.goto(link_in_last_mail("reply_confirm", "reponse"))
    firm.get_by_role("button", name="Oui, envoyer ma réponse").click()
    firm.get_by_text("Votre réponse est partie").wait_for()

    page.goto(link_in_last_mail("published", "suivi"))
    page.get_by_text("C’est fait : dire combien").click()
    page.get_by_label("Combien, en tout").fill("4")
    page.get_by_role("button", name="Noter").click()
    page.get_by_text("L’autre côté est invité").wait_for()
    assert given_so_far() == []
    firm.goto(link_in_last_mail("count_asked_replier", "reponse"))
    assert firm.get_by_label("Combien, en tout").input_value() == "4"
    firm.get_by_role("button", name="Noter").click()
    firm.get_by_text("Dit des deux côtés").wait_for()

    assert given_so_far() == [Given("equipment", 4, timezone.localdate().year)]
    page.goto("/passerelle-solidaire/")
    page.get_by_text("4 machines données depuis").wait_for()
    assert not page.context.cookies()
