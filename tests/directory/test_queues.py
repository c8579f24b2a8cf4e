"""Several cards decided at once, and the filters of the queue."""

from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from directory.admin import queues
from directory.enums import ProviderStatus
from directory.models import Company, Provider
from emn.accounts.enums import Role
from emn.mailings.models import OutboundEmail
from tests.directory.factories import (
    CommuneFactory,
    CompanyFactory,
    EpciFactory,
    UserFactory,
    published_card,
    submitted_card,
)
from tests.directory.test_admin import sign_in

pytestmark = pytest.mark.django_db
LIST = "/admin/directory/provider/"


@pytest.fixture(autouse=True)
def agent(client, settings):
    settings.STAFF_MFA_REQUIRED = False
    return sign_in(client, Role.RECEPTION)


def send(client, action, cards, **more):
    sent = {"action": action, "_selected_action": [card.pk for card in cards]}
    return client.post(LIST, sent | more)


def states(cards):
    return [Provider.objects.get(pk=card.pk).status for card in cards]


@pytest.mark.parametrize(
    ("action", "make", "other", "status"),
    [
        ("send_back_selected", submitted_card, published_card, ProviderStatus.DRAFT),
        ("hide_selected", published_card, submitted_card, ProviderStatus.HIDDEN),
    ],
)
def test_a_reason_is_asked_then_each_card_has_its_result(client, action, make, other, status):
    cards = [make(owner=UserFactory()), make(), other(name="Refusée")]
    before = states(cards)

    asked = client.post(LIST, {"action": action, "_selected_action": [c.pk for c in cards]})
    assert asked.context["form"].fields["reason"]
    assert states(cards) == before
    page = send(client, action, cards, apply="1", reason="Motif commun.")

    assert states(cards) == [status, status, before[2]]
    assert [ok for _card, _said, ok in page.context["results"]] == [True, True, False]
    assert "Motif commun." in OutboundEmail.objects.latest("pk").text_body


def test_without_a_reason_nothing_is_decided(client):
    cards = [published_card()]

    page = send(client, "hide_selected", cards, apply="1", reason="")

    assert page.context["form"].errors
    assert states(cards) == [ProviderStatus.PUBLISHED]


def test_too_many_at_once_are_refused(client, monkeypatch):
    monkeypatch.setattr(queues, "MOST_AT_ONCE", 1)
    cards = [submitted_card(), submitted_card()]

    send(client, "publish_selected", cards)

    assert set(states(cards)) == {ProviderStatus.SUBMITTED}


def test_two_cards_are_compared_and_not_three(client):
    cards = [published_card() for _ in range(3)]

    assert "fusion" in send(client, "compare_selected", cards[:2])["Location"]
    assert "fusion" not in send(client, "compare_selected", cards)["Location"]


def test_who_only_reads_has_no_action(client):
    sign_in(client, Role.ADVISER)
    cards = [submitted_card()]

    send(client, "publish_selected", cards)

    assert states(cards) == [ProviderStatus.SUBMITTED]


def listed(client, query):
    return set(client.get(LIST + query).context["cl"].queryset)


def test_the_queue_is_filtered_by_territory(client):
    epci = EpciFactory(siren="200039865", name="Metz Métropole")
    metz = CommuneFactory(insee_code="57463", name="Metz", name_folded="metz", epci=epci)
    here = submitted_card(company=CompanyFactory(commune=metz))
    submitted_card()

    assert listed(client, "?territoire=200039865") == {here}


def test_the_queue_is_filtered_by_age(client):
    old, recent, read = submitted_card(), submitted_card(), published_card()
    day = timezone.now() - timedelta(days=8)
    Provider.objects.filter(pk=old.pk).update(submitted_at=day)
    Provider.objects.filter(pk=recent.pk).update(submitted_at=timezone.now())
    Provider.objects.filter(pk=read.pk).update(edited_at=day, reviewed_at=day)

    assert listed(client, "?attente=7") == {old}
    Provider.objects.filter(pk=read.pk).update(reviewed_at=day - timedelta(days=1))
    assert listed(client, "?attente=7") == {old, read}
    assert listed(client, "?attente=30") == set()


@pytest.mark.parametrize("count", [1, 4])
def test_the_list_of_cards_costs_the_same_queries(client, count, django_assert_num_queries):
    for _ in range(count):
        submitted_card()
    address = reverse("admin:directory_provider_changelist")
    client.get(address)

    with django_assert_num_queries(LIST_QUERIES):
        client.get(address)


def test_the_choice_of_a_territory_keeps_the_other_filters(client):
    EpciFactory()

    page = client.get(LIST + "?relecture=oui&territoire=200067502").content.decode()

    assert '<input type="hidden" name="relecture" value="oui">' in page
    assert '<option value="200067502" selected>' in page


LIST_QUERIES = 6


@pytest.mark.parametrize(
    ("question", "index"),
    [
        (Provider.objects.awaiting_review, "directory_provider_to_reread"),
        (lambda: Company.objects.filter(closed_on__isnull=False), "directory_company_closed"),
        (
            lambda: Provider.objects.order_by("submitted_at", "pk")[:100],
            "directory_provider_queue",
        ),
    ],
)
def test_what_staff_reads_each_day_has_an_index(question, index):
    published_card()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")

    assert index in question().explain()
