"""A complaint: written, confirmed from the mailbox, answered, decided, then read by everyone."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from directory.models import Complaint
from directory.services import complaint_handling
from emn.lib import forms
from emn.mailings.models import OutboundEmail
from tests.directory import charter
from tests.directory import complaints as make
from tests.directory.factories import UserFactory
from tests.e2e.conftest import PHONE
from tests.e2e.test_staff_tools import person, sign_in

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def link_to(address, part):
    """The path of the last link of that sort mailed to an address."""
    mails = OutboundEmail.objects.filter(to_email=address, text_body__contains=f"/{part}/")
    return re.search(rf"{settings.PUBLIC_URL}(\S*/{part}/\S+)", mails.latest("pk").text_body)[1]


@pytest.mark.parametrize("javascript", [True, False])
def test_from_the_complaint_to_the_warning(visit, monkeypatch, javascript):
    monkeypatch.setattr(forms, "FASTEST_FILL", timedelta(0))
    now = timezone.now()
    owner = person("gerante@atelier.example")
    adhesion = charter.active(charter.company_of(owner), now=now)
    card = adhesion.company.providers.get()
    make.committee_of()

    page = visit("/plaintes/", viewport=PHONE, javascript=javascript)
    page.get_by_role("link", name="Porter plainte").click()
    page.get_by_label("Nom ou SIREN").fill(adhesion.siren)
    page.get_by_role("button", name="Chercher").click()
    page.get_by_role("link", name="C’est elle").click()
    page.get_by_label("Tenir le prix et les délais").check()
    page.get_by_label("Les faits").fill("Un abonnement de 90 € est apparu après la signature.")
    page.get_by_label("Ce que vous demandez").fill("Le remboursement.")
    page.get_by_label("Date du contrat").fill(timezone.localdate().isoformat())
    page.get_by_label("Une entreprise de moins de 250").check()
    page.get_by_label("Nom de votre organisation").fill("Boulangerie Meyer")
    page.get_by_label("Votre nom").fill("Léa Meyer")
    page.get_by_label("Votre courriel professionnel").fill(make.ADDRESS)
    page.get_by_role("button", name="Envoyer ma plainte").click()
    page.get_by_role("heading", name="Regardez votre courrier").wait_for()

    page.goto(link_to(make.ADDRESS, "confirmer"))
    assert Complaint.objects.get().confirmed_at is None
    page.get_by_role("button", name="Oui, c’est ma plainte").click()
    page.get_by_role("link", name="Suivre ma plainte").click()
    file = {"name": "devis.pdf", "mimeType": "application/pdf", "buffer": charter.PDF}
    page.set_input_files("[name=file]", file)
    page.get_by_role("button", name="Joindre cette pièce").click()
    page.get_by_text("La pièce est jointe").wait_for()
    assert not page.context.cookies()

    complaint = Complaint.objects.get()
    agent = UserFactory().pk
    complaint_handling.acknowledge(complaint_id=complaint.pk, by_id=agent, now=now)
    complaint_handling.admit(
        complaint_id=complaint.pk, by_id=agent, severity=2, grounds="Le devis le montre.", now=now
    )
    provider = visit(link_to(owner.email, "mes-plaintes"), javascript=javascript)
    sign_in(provider, owner.email)
    assert make.ADDRESS not in provider.content()
    provider.get_by_label("Votre réponse").fill("C’était au contrat.")
    provider.get_by_role("button", name="Envoyer ma réponse").click()
    provider.get_by_text("C’est noté").wait_for()

    page.reload()
    page.get_by_text("C’était au contrat.").wait_for()
    complaint_handling.refer(
        complaint_id=complaint.pk, by_id=agent, ground="Aucun accord.", now=now
    )
    make.decided(complaint.cases.get(), 2, now=now)
    page.reload()
    page.get_by_role("heading", name="La décision du comité").wait_for()
    page.get_by_role("button", name="Faire appel").wait_for()
    everyone = visit(card.get_absolute_url(), viewport=PHONE, javascript=javascript)
    everyone.get_by_text("Avertissement public du comité").wait_for()
