"""A person registers on a telephone, waits, is promoted, gives the seat back; no JavaScript.

With it, and through the door: tests/e2e/test_trainings.py.
"""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from emn.lib import forms
from emn.mailings.models import OutboundEmail
from events.models import Registration
from events.services import greetings, registrations
from tests.e2e.conftest import PHONE
from tests.events.factories import ThemeFactory, published, seated

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

ADDRESS = "lea@boulangerie.example"


def link_in_last_mail(kind):
    """The path of the page that the last message of a kind leads to."""
    mail = OutboundEmail.objects.filter(kind=f"events/emails/{kind}").latest("pk")
    return re.search(rf"{settings.PUBLIC_URL}(\S*/inscription/\S+)", mail.text_body)[1]


def sign_up(page):
    """From the home page to « Regardez votre courrier »."""
    page.get_by_role("link", name="Que faire le jour").click()
    page.get_by_role("link", name="Rejoindre la liste d’attente").click()
    page.get_by_label("Votre nom").fill("Léa Meyer")
    page.get_by_label("Votre courriel").fill(ADDRESS)
    page.get_by_label("Votre entreprise").fill("Boulangerie Meyer")
    page.get_by_role("button", name="Rejoindre la liste d’attente").click()
    page.get_by_role("heading", name="Regardez votre courrier").wait_for()


def test_a_person_registers_waits_is_promoted_changes_and_gives_back_without_javascript(
    visit, monkeypatch
):
    monkeypatch.setattr(forms, "FASTEST_FILL", timedelta(0))
    now = timezone.now()
    session = published(
        seats=1, starts_at=now + timedelta(days=10), now=now, themes=[ThemeFactory()]
    )
    first = seated(session, now=now)

    page = visit("/", viewport=PHONE, javascript=False)
    sign_up(page)
    greetings.greet_all(now=timezone.now())
    page.goto(link_in_last_mail("waiting"))
    page.get_by_role("button", name="Gardez ma place dans la file").click()
    page.get_by_text("Vous êtes au rang 1 de la liste d’attente.").wait_for()

    registrations.cancel_registration(registration_id=first.pk, now=timezone.now())
    page.goto(link_in_last_mail("offer"))
    mine = Registration.objects.get(email=ADDRESS)
    assert mine.status == "offered"  # opening the link takes nothing
    page.get_by_role("button", name="Prendre la place").click()
    page.get_by_text("Votre place est prise.").wait_for()
    box = page.locator(".ticket-code svg").bounding_box()
    assert box["width"] > 150
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]

    page.get_by_text("Changer mon inscription").click()
    page.get_by_label("Votre nom").fill("Léa Meyer-Roth")
    page.get_by_role("button", name="Enregistrer").click()
    page.get_by_text("C’est changé.").wait_for()
    page.get_by_text("Je ne viens plus").click()
    page.get_by_role("button", name="Rendre ma place").click()
    page.get_by_text("la place rendue").wait_for()

    mine.refresh_from_db()
    assert (mine.full_name, mine.status) == ("Léa Meyer-Roth", "cancelled")
    assert not page.context.cookies()
