"""The main journey of the directory: a provider joins, staff publishes, a company finds."""

import re

import pytest

from directory.models import Provider
from emn.accounts.services import create_demo_accounts, sync_roles
from emn.mailings.models import OutboundEmail
from emn.territory.models import Establishment
from tests.directory.factories import (
    DESCRIPTION,
    CommuneFactory,
    ServiceFactory,
    UserFactory,
    published_card,
)
from tests.e2e.conftest import PHONE

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

SIRET = "41816609600069"


@pytest.fixture
def register():
    """A commune, a service, and an establishment that does not exist outside this test."""
    ServiceFactory()
    commune = CommuneFactory()
    return Establishment.objects.create(
        siret=SIRET,
        siren=SIRET[:9],
        diffusion="O",
        is_masked=False,
        state="A",
        is_head_office=True,
        commune=commune,
        commune_code=commune.pk,
        legal_name="ATELIER INVENTE",
        street="1 RUE DU MOULIN",
        postcode="57400",
        naf_code="62.01Z",
        naf_nomenclature="NAFRev2",
    )


def last_code():
    """The code in the last message of the outbox."""
    mail = OutboundEmail.objects.order_by("-pk").first()
    return re.search(r"^([A-Z0-9]{4}-[A-Z0-9]{4})$", mail.text_body, re.MULTILINE)[1]


def test_a_provider_joins_is_published_and_is_found(visit, register):
    sync_roles()
    create_demo_accounts()

    page = visit("/annuaire/inscription/", viewport=PHONE)
    page.get_by_label("Votre SIRET").fill("418 166 096 00069")
    page.get_by_role("button", name="Chercher mon entreprise").click()
    page.get_by_role("link", name="ATELIER INVENTE").click()
    page.get_by_role("link", name=re.compile("compte", re.IGNORECASE)).first.wait_for()
    page.get_by_label("Adresse électronique", exact=True).fill("prestataire@emn.example")
    page.get_by_label("Mot de passe").fill("demo-emn-2026")
    page.get_by_role("main").get_by_role("button").first.click()
    page.get_by_label("Nom commercial").fill("Atelier du Test")
    page.get_by_label("En une phrase").fill("Des sites clairs")
    page.get_by_label("Présentation").fill(DESCRIPTION)
    page.get_by_role("button", name="Enregistrer et continuer").click()
    page.get_by_label("Création ou refonte de site internet").check()
    page.get_by_role("button", name="Enregistrer et continuer").click()
    page.get_by_label("1 à 9 salariés").check()
    page.get_by_role("button", name="Enregistrer et continuer").click()
    page.get_by_label("Courriel").fill("contact@atelier.example")
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    page.get_by_role("button", name="Envoyer au centre").click()
    page.get_by_text("Le centre relit votre fiche").wait_for()

    agent = visit("/compte/connexion/?next=/admin/")
    agent.get_by_label("Adresse électronique", exact=True).fill("agent@emn.example")
    agent.get_by_label("Mot de passe").fill("demo-emn-2026")
    agent.get_by_role("main").get_by_role("button").first.click()
    agent.get_by_role("link", name=re.compile("fiches? à relire")).click()
    agent.get_by_role("link", name="Atelier du Test").click()
    agent.get_by_role("link", name="Publier").click()
    agent.get_by_role("button", name="Publier").click()
    agent.get_by_text("C’est fait").wait_for()

    visitor = visit("/", viewport=PHONE)
    visitor.get_by_role("searchbox").fill("refaire mon stie")
    visitor.get_by_role("button", name="Chercher").click()
    visitor.get_by_role("link", name="Atelier du Test").click()
    visitor.get_by_role("heading", level=1, name="Atelier du Test").wait_for()
    assert Provider.objects.get().status == "published"
    assert set(
        OutboundEmail.objects.filter(to_email="prestataire@emn.example").values_list(
            "kind", flat=True
        )
    ) >= {"directory/emails/card_submitted", "directory/emails/card_published"}


def test_the_list_is_searched_filtered_and_read_without_javascript(visit):
    ServiceFactory()
    published_card(name="Atelier Un", languages=["fr", "de"])
    published_card(name="Atelier Deux", languages=["fr"])

    page = visit("/annuaire/", javascript=False)
    page.get_by_label("Votre besoin").fill("site vitrine")
    page.get_by_role("button", name="Rechercher").click()
    page.get_by_role("link", name="Allemand").click()

    assert page.get_by_role("heading", level=2).filter(has_text="Atelier").all_inner_texts() == [
        "Atelier Un"
    ]
    page.get_by_role("link", name="Allemand").first.click()
    page.get_by_role("link", name="Atelier Deux").click()
    page.get_by_role("heading", level=1, name="Atelier Deux").wait_for()


def test_the_filters_open_as_a_drawer_on_a_phone(visit):
    ServiceFactory()
    published_card(name="Atelier Un", languages=["fr", "de"])

    page = visit("/annuaire/", viewport=PHONE)
    assert not page.get_by_role("link", name="Allemand").is_visible()
    page.get_by_role("button", name="Affiner").click()
    page.get_by_role("link", name="Allemand").click()

    page.wait_for_url(re.compile("langue=de"))


def test_a_refused_form_comes_back_filled(visit, register):
    create_demo_accounts()
    page = visit(f"/annuaire/inscription/{SIRET}/")
    page.get_by_label("Adresse électronique", exact=True).fill("prestataire@emn.example")
    page.get_by_label("Mot de passe").fill("demo-emn-2026")
    page.get_by_role("main").get_by_role("button").first.click()
    page.get_by_label("Nom commercial").fill("Atelier du Test")
    page.get_by_role("button", name="Enregistrer et continuer").click()
    page.get_by_role("heading", level=1, name="Vos services").wait_for()
    page.goto(f"/annuaire/mes-fiches/{Provider.objects.get().pk}/contact/")
    page.get_by_label("Téléphone").first.fill("03 87 11 22 33")
    page.get_by_role("textbox", name="Site internet").fill("javascript:alert(1)")
    page.get_by_role("button", name="Enregistrer", exact=True).click()

    page.get_by_role("alert").or_(page.locator(".error-summary")).first.wait_for()
    assert page.locator("#id_phone").input_value() == "03 87 11 22 33"
    assert Provider.objects.get().phone == ""


def test_a_person_signs_in_by_a_code_sent_by_mail(visit):
    from allauth.account.models import EmailAddress

    person = UserFactory(email="boulanger@emn.example")
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)

    page = visit("/compte/connexion/")
    page.get_by_label("Adresse électronique", exact=True).fill(person.email)
    page.get_by_role("main").get_by_role("button").first.click()
    code = page.get_by_role("textbox", name=re.compile("code", re.IGNORECASE))
    code.and_(page.locator("[name=code]")).wait_for()
    code.fill(last_code())
    page.get_by_role("main").get_by_role("button").first.click()

    page.get_by_role("link", name=re.compile("Mes fiches")).wait_for()
