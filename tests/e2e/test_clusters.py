"""A provider asks to join a grappe, its animator accepts, the public page shows it."""

import pytest

from directory.models import ClusterMember
from emn.mailings.models import OutboundEmail
from tests.accounts.conftest import PASSWORD, make_user
from tests.directory.clusters import grappe
from tests.directory.factories import MembershipFactory, published_card
from tests.e2e.conftest import DESK, PHONE

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
PROVIDER, ANIMATOR = "prestataire@atelier.example", "animatrice@maison.example"


def sign_in(page, email):
    page.get_by_label("Adresse").first.fill(email)
    page.locator('input[type="password"]').fill(PASSWORD)
    page.locator("main form button[type=submit]").first.click()


def test_a_provider_asks_the_animator_accepts_and_the_page_shows_it(visit):
    cluster = grappe(name="Chez soi, connecté")
    animating = cluster.members.get(role="animator")
    MembershipFactory(company=animating.company, user=make_user(ANIMATOR))
    card = published_card(name="Atelier du Seuil")
    MembershipFactory(company=card.company, user=make_user(PROVIDER))

    asking = visit("/grappes/", viewport=PHONE, javascript=False)
    asking.get_by_role("link", name="Chez soi, connecté").click()
    assert asking.get_by_role("link", name="Atelier du Seuil").count() == 0
    asking.get_by_role("link", name="Demander à rejoindre").click()
    sign_in(asking, PROVIDER)
    asking.get_by_label("Ce que vous apportez").fill("Des seuils sans marche.")
    asking.get_by_label("Mon entreprise accepte la charte").check()
    asking.get_by_role("button", name="Envoyer la demande").click()
    asking.get_by_text("La demande est partie").wait_for()

    told = OutboundEmail.objects.get(kind="directory/emails/cluster_asked", to_email=ANIMATOR)
    assert "Des seuils sans marche." in told.text_body
    deciding = visit(animating.get_absolute_url(), viewport=DESK, javascript=False)
    sign_in(deciding, ANIMATOR)
    deciding.get_by_role("button", name="Accepter", exact=True).click()
    deciding.get_by_text("C’est répondu").wait_for()

    asking.goto(cluster.get_absolute_url())
    asking.get_by_role("link", name="Atelier du Seuil").wait_for()
    assert asking.get_by_text("Des seuils sans marche.").count() == 1
    assert ClusterMember.objects.inside().filter(cluster=cluster).count() == 6
