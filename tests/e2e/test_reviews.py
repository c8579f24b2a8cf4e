"""A review from its invitation to the provider's answer, in a real browser."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from directory.models import Invitation, Review
from directory.services import review_moderation, reviews
from emn.lib import forms
from emn.mailings.models import OutboundEmail
from tests.directory import reviews as make
from tests.directory.factories import CompanyFactory
from tests.directory.trust_cards import first_version
from tests.e2e.conftest import PHONE
from tests.e2e.test_staff_tools import person, sign_in

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

SIRET = "41816609600069"
TEXT = "Le site a été livré à la date dite, et le prix annoncé a été tenu."


def link_in_last_mail(kind, part):
    mail = OutboundEmail.objects.filter(kind=f"directory/emails/{kind}").latest("pk")
    return re.search(rf"{settings.PUBLIC_URL}(/avis/{part}/\S+)", mail.text_body)[1]


def write_opinion(page, *, invited):
    for name in (
        "Adéquation au besoin", "Clarté du périmètre", "Coûts et délais", "Suivi et validation",
        "Pérennité, réversibilité, propriété",
    ):  # fmt: skip
        page.get_by_role("group", name=name).get_by_label("4, bien").check()
    page.get_by_label("Votre avis, avec vos mots").fill(TEXT)
    if not invited:
        ended = timezone.localdate() - timedelta(days=10)
        page.get_by_label("Fin de l’expérience").fill(ended.isoformat())
        page.get_by_label("SIRET de votre entreprise").fill("418 166 096 00069")
        page.get_by_label("Votre courriel professionnel").fill("lea@boulangerie.example")
    page.get_by_label("Votre nom").fill("Léa Meyer")
    page.get_by_label("Je déclare avoir vécu").check()
    page.get_by_role("button", name="Envoyer mon avis").click()


@pytest.mark.parametrize("javascript", [False, True])
def test_an_invited_client_writes_proves_and_withdraws(visit, javascript):
    first_version()
    owner = person("gerante@presta-owner.example")
    card = make.card(owner=owner)
    mission = make.declared(card, owner, now=timezone.now())
    reviews.invite_client(mission_id=mission.pk, now=timezone.now())

    page = visit(
        link_in_last_mail("review_invitation", "invitation"), viewport=PHONE, javascript=javascript
    )
    assert Invitation.objects.get().used_at is None
    write_opinion(page, invited=True)
    page.get_by_text("Reçu, en cours de lecture").wait_for()
    page.get_by_text("Déposer un document").click()
    page.get_by_label("Fichier").set_input_files(
        {"name": "facture.png", "mimeType": "image/png", "buffer": make.picture()}
    )
    page.get_by_label("de qui a fait le document").fill("404833048")
    page.get_by_label("Numéro du document").fill("FA-7")
    page.get_by_label("Date du document").fill(mission.ended_on.isoformat())
    page.get_by_label("de qui l’a reçu").fill("418166096")
    page.get_by_role("button", name="Déposer").click()
    page.get_by_text("La preuve est reçue").wait_for()

    review_moderation.publish_review(
        review_id=Review.objects.get().pk,
        is_identified=False,
        by_id=make.agent().pk,
        now=timezone.now(),
    )
    page.goto(link_in_last_mail("review_published", "suivi"))
    page.get_by_role("link", name="Le lire").click()
    page.get_by_text(TEXT).wait_for()
    page.goto(link_in_last_mail("review_published", "suivi"))
    page.get_by_text("Je veux le retirer").click()
    page.get_by_role("button", name="Oui, retirer mon avis").click()
    page.get_by_text("Vous avez retiré cet avis").wait_for()

    assert Review.objects.get().status == "withdrawn"
    assert not page.context.cookies()


@pytest.mark.parametrize("javascript", [False, True])
def test_a_visitor_writes_from_the_card_and_confirms(visit, monkeypatch, javascript):
    monkeypatch.setattr(forms, "FASTEST_FILL", timedelta(0))
    first_version()
    CompanyFactory(siret=SIRET)
    card = make.card()

    page = visit(card.get_absolute_url(), javascript=javascript)
    page.get_by_role("link", name="Donnez votre avis").click()
    write_opinion(page, invited=False)
    page.get_by_role("heading", name="Regardez votre courrier").wait_for()
    page.goto(link_in_last_mail("review_confirm", "confirmer"))
    page.wait_for_load_state("networkidle")  # a scanner that runs the page's scripts stops here
    assert Review.objects.get().status == "unconfirmed"
    page.get_by_role("button", name="Oui, c’est mon avis").click()
    page.get_by_text("Reçu, en cours de lecture").wait_for()

    assert Review.objects.get().status == "waiting"


def test_a_provider_answers_and_doubts(visit):
    first_version()
    owner = person("gerante@presta-owner.example")
    card = make.card(owner=owner)
    make.published(card, text=TEXT)

    page = visit("/annuaire/mes-fiches/")
    sign_in(page, owner.email)
    page.get_by_role("link", name="Avis de clients").click()
    page.get_by_text(TEXT).wait_for()
    page.get_by_role("link", name="Répondre").click()
    page.get_by_label("Votre réponse").fill("Merci de votre confiance.")
    page.get_by_role("button", name="Envoyer la réponse").click()
    page.get_by_text("Réponse en attente de publication").wait_for()
    page.get_by_role("link", name="Signaler un doute").click()
    page.get_by_label("L’auteur n’est pas un de nos clients").check()
    page.get_by_label("Ce qui le montre").fill("Nous n’avons pas ce client.")
    page.get_by_role("button", name="Envoyer mon doute").click()
    page.get_by_text("Votre doute est enregistré").wait_for()
    page.goto(f"/annuaire/{card.slug}/avis/")
    page.get_by_text("Contesté").wait_for()
