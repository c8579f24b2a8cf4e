"""What the directory forgets with a person."""

import pytest

from emn.accounts.services import erase_account
from emn.lib.page_cache import read_generation
from tests.directory.factories import MembershipFactory, UserFactory, published_card

pytestmark = pytest.mark.django_db
PHONE, EMAIL = "03 87 44 55 66", "alice@atelier.example"


def test_the_contact_of_an_erased_person_leaves_the_public_card(client):
    owner = UserFactory()
    card = published_card(owner=owner, phone=PHONE, email=EMAIL)
    shown = client.get(card.get_absolute_url()).content.decode()
    before = read_generation()

    erase_account(user_id=owner.pk)

    page = client.get(card.get_absolute_url()).content.decode()
    assert PHONE in shown
    assert EMAIL in shown
    assert card.name in page
    assert PHONE not in page
    assert EMAIL not in page
    assert not card.history.exclude(phone="", email="").exists()
    assert read_generation() != before


def test_the_contact_of_a_company_that_others_hold_stays():
    owner = UserFactory()
    card = published_card(owner=owner, phone=PHONE, email=EMAIL)
    MembershipFactory(company=card.company)
    recorded = card.history.count()

    erase_account(user_id=owner.pk)

    card.refresh_from_db()
    assert (card.phone, card.email) == (PHONE, EMAIL)
    assert card.history.count() == recorded > 0
