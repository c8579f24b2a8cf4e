"""A company's need, from its draft to the contact, its end and the review, in a real browser."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from directory.models import Need, Proposal, Review
from directory.services import need_handling, proposals, review_moderation
from emn.accounts.services import create_demo_accounts, sync_roles
from emn.lib import forms
from emn.mailings.models import OutboundEmail
from tests.directory.factories import CompanyFactory, ServiceFactory, UserFactory
from tests.directory.needs import matchable
from tests.e2e import test_reviews as e2e_reviews
from tests.e2e.conftest import PHONE

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

SIRET = "41816609600069"
ADDRESS = "lea@boulangerie.example"


def link_in_last_mail(kind, part):
    """The path of a link of the last message of a kind."""
    mail = OutboundEmail.objects.filter(kind=f"directory/needs/emails/{kind}").latest("pk")
    return re.search(rf"{settings.PUBLIC_URL}(\S*/{part}/\S+)", mail.text_body)[1]


def describe(page):
    """Go through the three steps from the home page; return nothing but the need in the table."""
    page.get_by_role("link", name="Décrire mon besoin").click()
    page.get_by_label("Votre nom").fill("Léa Meyer")
    page.get_by_label("Votre courriel professionnel").fill(ADDRESS)
    page.get_by_label("Votre téléphone").fill("03 87 00 00 00")
    page.get_by_role("button", name="Continuer").click()
    page.get_by_label("Votre SIRET").fill("418 166 096 00069")
    page.get_by_role("button", name="Chercher mon entreprise").click()
    page.get_by_role("heading", name="ATELIER DU WEB").wait_for()
    page.get_by_label("Combien de salariés").select_option("1-9")
    page.get_by_label("Votre métier").select_option("artisanat")
    page.get_by_role("button", name="Continuer").click()
    page.get_by_label("Que cherchez-vous").select_option(
        label="Création ou refonte de site internet"
    )
    page.get_by_label("avec vos mots").fill("Refaire le site et prendre des commandes.")
    page.get_by_label("De 1 000 € à 5 000 €").check()
    page.get_by_role("button", name="Envoyer ma demande").click()
    page.get_by_text("Encore deux questions").wait_for()
    assert page.get_by_label("avec vos mots").input_value().startswith("Refaire le site")
    page.get_by_label("Avez-vous déjà un site").fill("boulangerie.example")
    page.get_by_role("button", name="Envoyer ma demande").click()
    page.get_by_role("heading", name="Regardez votre courrier").wait_for()


@pytest.mark.parametrize("javascript", [False, True])
def test_a_need_goes_from_its_draft_to_the_review(visit, monkeypatch, javascript):
    monkeypatch.setattr(forms, "FASTEST_FILL", timedelta(0))
    sync_roles()
    create_demo_accounts()
    CompanyFactory(siret=SIRET)
    ServiceFactory()
    matchable(name="Atelier du Web", email="contact@atelier.example")

    page = visit("/", viewport=PHONE, javascript=javascript)
    describe(page)
    page.goto(link_in_last_mail("confirm", "confirmer"))
    page.wait_for_load_state("networkidle")  # a scanner that runs the page's scripts stops here
    assert Need.objects.get().confirmed_at is None
    page.get_by_role("button", name="Oui, c’est ma demande").click()
    page.get_by_role("heading", name="Votre demande est partie").wait_for()
    page.get_by_role("link", name="Suivre ma demande").click()
    page.get_by_text("Un conseiller lit votre demande").wait_for()

    need = Need.objects.get()
    need_handling.qualify_need(
        need_id=need.pk, values={}, by_id=UserFactory().pk, now=need.confirmed_at
    )
    proposals.propose(need_id=need.pk, now=need.confirmed_at)

    provider = visit(link_in_last_mail("received", "reponse"), javascript=javascript)
    assert ADDRESS not in provider.content()
    assert Proposal.objects.get().status == "sent"
    provider.get_by_role("button", name="Accepter la demande").click()
    provider.get_by_text(ADDRESS).wait_for()
    provider.get_by_label("Votre message").fill("Je vous appelle mardi.")
    provider.get_by_role("button", name="Envoyer le message").click()
    provider.get_by_text("Message envoyé").wait_for()

    page.goto(link_in_last_mail("accepted", "suivi"))
    page.get_by_text("contact@atelier.example").wait_for()
    page.get_by_text("Je vous appelle mardi.").wait_for()
    page.get_by_role("button", name="Je le choisis").click()
    page.get_by_role("button", name="Oui, c’est fait").click()
    page.get_by_text("Le travail est fait").wait_for()

    assert Need.objects.get().status == "done"

    page.goto(e2e_reviews.link_in_last_mail("review_invitation", "invitation"))
    e2e_reviews.write_opinion(page, invited=True)
    page.get_by_text("Reçu, en cours de lecture").wait_for()
    review_moderation.publish_review(
        review_id=Review.objects.get().pk,
        is_identified=False,
        by_id=UserFactory(is_staff=True).pk,
        now=timezone.now(),
    )
    page.goto(e2e_reviews.link_in_last_mail("review_published", "suivi"))
    page.get_by_role("link", name="Le lire").click()
    page.get_by_text(e2e_reviews.TEXT).wait_for()
    assert not page.context.cookies()
