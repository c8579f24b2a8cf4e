"""The requests that one's cards received, read from the account."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from directory.models import Proposal
from tests.directory import needs as make
from tests.directory.factories import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]
PAGE = "/besoins/recues/"
QUERIES = 5  # session, person, unread, how many, which


@pytest.fixture
def owner(client):
    user = UserFactory()
    client.force_login(user)
    return user


def put_to(owner, *, cards=1):
    """Put one need to so many cards of the person."""
    for _card in range(cards):
        make.matchable(owner=owner)
    return make.proposed(now=timezone.now()).proposals.first()


@pytest.mark.parametrize("cards", [1, 3])
def test_the_list_costs_the_same_whatever_it_holds(client, owner, cards):
    put_to(owner, cards=cards)

    with CaptureQueriesContext(connection) as asked:
        html = client.get(PAGE).content.decode()

    assert html.count("/besoins/reponse/") == cards
    assert len(asked) == QUERIES


def test_a_lost_mail_loses_no_request(client, owner):
    proposal = put_to(owner)

    html = client.get(PAGE).content.decode()
    address = html.split('href="/besoins/reponse/')[1].split('"')[0]

    assert proposal.need.contact_name not in html
    assert "À vous de répondre" in html
    page = client.get(f"/besoins/reponse/{address}")
    assert page.context["proposal"] == proposal


@pytest.mark.parametrize("page", [PAGE, "/rendez-vous-solutions/mes-reponses/"])
def test_the_account_leads_to_what_a_provider_has_to_answer(client, owner, page):
    assert f'href="{page}"' in client.get("/compte/").content.decode()


def test_what_is_another_s_is_not_listed(client):
    put_to(UserFactory())
    client.force_login(UserFactory())

    assert "/besoins/reponse/" not in client.get(PAGE).content.decode()


def test_a_delay_that_is_over_is_said(client, owner):
    proposal = put_to(owner)
    Proposal.objects.filter(pk=proposal.pk).update(expires_at=timezone.now() - timedelta(hours=1))

    html = client.get(PAGE).content.decode()

    assert "Délai passé" in html
    assert "À vous de répondre" not in html
