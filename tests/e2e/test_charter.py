"""A provider signs, the centre checks, the badge shows, time goes by, it expires."""

from datetime import timedelta

import pytest
from django.utils import timezone

from directory.models import Adhesion, Evidence
from tests.directory import charter as make
from tests.e2e.conftest import PHONE
from tests.e2e.test_staff_tools import person, sign_in

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def no_second_factor(settings):
    settings.STAFF_MFA_REQUIRED = False


@pytest.fixture
def at(monkeypatch):
    """Make the portal believe that it is another day."""

    def set_(day):
        monkeypatch.setattr(
            timezone,
            "localdate",
            lambda value=None, _tz=None: day if value is None else timezone.localtime(value).date(),
        )

    return set_


@pytest.mark.parametrize("javascript", [True, False])
def test_from_the_signature_to_the_term(visit, at, javascript):
    make.text()
    owner = person("gerante@atelier.example")
    company = make.company_of(owner)
    card = company.providers.get()
    person("secretariat@centre.example", is_staff=True, is_superuser=True)

    page = visit("/charte/", viewport=PHONE, javascript=javascript)
    page.click("text=Signer pour mon entreprise")
    sign_in(page, owner.email)
    page.get_by_role("button", name="Lire et signer la charte").click()
    page.fill("[name=name]", "Alice Martin")
    page.fill("[name=role]", "Gérante")
    page.check("text=Je suis son représentant légal")
    page.check("text=j’y adhère sans réserve")
    page.check("text=Je déclare pouvoir engager")
    page.check("text=J’accepte que le comité")
    page.get_by_role("button", name="Je signe la charte").click()
    page.wait_for_selector("text=C’est signé")
    with page.expect_download() as download:
        page.click("text=Document signé (PDF)")
    assert download.value.suggested_filename.endswith(".pdf")
    page.select_option("[name=kind]", "quote")
    file = {"name": "devis.pdf", "mimeType": "application/pdf", "buffer": make.PDF}
    page.set_input_files("[name=file]", file)
    page.get_by_role("button", name="Déposer cette pièce").click()
    page.get_by_role("button", name="Envoyer mes pièces au centre").click()
    page.wait_for_selector("text=le centre vérifie")

    staff = visit("/admin/", javascript=javascript)
    sign_in(staff, "secretariat@centre.example")
    staff.click("text=adhésions à la charte à vérifier")
    staff.click("#result_list tbody a")
    staff.click("text=Modèle de devis ou de proposition")
    staff.check("text=Admettre la pièce")
    staff.click("input[type=submit]")
    staff.wait_for_selector("text=La pièce est lue")
    staff.click("text=Admettre l’entreprise")
    staff.click("input[type=submit]")
    staff.wait_for_selector("text=l’entreprise en est avertie")
    assert Evidence.objects.get().clauses == ["need", "scope", "costs"]

    page.goto(card.get_absolute_url())
    page.click("text=Signataire de la charte e-TIC depuis")
    page.wait_for_selector("text=Entrée en vigueur")
    assert page.is_visible("text=En vigueur")

    end = Adhesion.objects.get().expires_on
    at(end - timedelta(days=1))
    assert shown(page, card)
    at(end)
    assert not shown(page, card)
    page.goto("/charte/signataires/")
    assert page.is_visible("table .badge >> text=Échue")


def shown(page, card):
    from emn.lib import page_cache

    page_cache._kept.clear()
    page.goto(f"{card.get_absolute_url()}?jour={timezone.localdate()}")
    return page.is_visible("text=Signataire de la charte e-TIC")
