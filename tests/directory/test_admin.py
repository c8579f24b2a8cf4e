"""Staff reads cards, decides on them and repairs who acts for a company."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from directory.enums import ProviderStatus
from directory.models import Membership
from directory.services import providers as services
from emn.accounts.enums import Role
from emn.accounts.services import sync_roles
from tests.directory.factories import (
    NOW,
    CompanyFactory,
    MembershipFactory,
    ProviderFactory,
    ServiceFactory,
    UserFactory,
    published_card,
    submitted_card,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_second_factor(settings):
    settings.STAFF_MFA_REQUIRED = False


def sign_in(client, role):
    sync_roles()
    agent = UserFactory(is_staff=True)
    agent.groups.add(Group.objects.get(name=role))
    client.force_login(agent)
    return agent


@pytest.fixture
def reception(client):
    return sign_in(client, Role.RECEPTION)


def decision(card, transition):
    return reverse("admin:directory_provider_transition", args=[card.pk, transition])


def change_page(row):
    return reverse(f"admin:directory_{row._meta.model_name}_change", args=[row.pk])


def test_nobody_adds_a_company_that_the_register_does_not_know(client):
    client.force_login(UserFactory(is_staff=True, is_superuser=True))

    assert client.post(reverse("admin:directory_company_add")).status_code == 403


def test_deciding_needs_the_permission(client):
    sign_in(client, Role.ADVISER)
    card = submitted_card()

    assert client.post(decision(card, "publier")).status_code == 403


def test_an_unknown_decision_is_not_found(client, reception):
    assert client.get(decision(submitted_card(), "supprimer")).status_code == 404


@pytest.mark.parametrize(
    ("make", "transition", "status"),
    [
        (submitted_card, "publier", ProviderStatus.PUBLISHED),
        (published_card, "relue", ProviderStatus.PUBLISHED),
        (submitted_card, "renvoyer", ProviderStatus.DRAFT),
        (published_card, "masquer", ProviderStatus.HIDDEN),
    ],
)
def test_a_decision_is_made(client, reception, make, transition, status):
    card = make()
    asked = client.get(decision(card, transition))
    before = card.status

    sent = {"reason": "Motif.", "edited_at": asked.context["form"].initial["edited_at"]}
    client.post(decision(card, transition), sent)

    assert card.status == before
    card.refresh_from_db()
    assert card.status == status


def test_a_text_edited_since_it_was_read_is_not_published(client, reception):
    owner = UserFactory()
    card = submitted_card(owner=owner)
    button = client.get(change_page(card)).context["transitions"][0][0]
    services.edit_card(
        provider_id=card.pk,
        user_id=owner.pk,
        values={"tagline": "Autre"},
        now=NOW + timedelta(minutes=1),
    )

    read = client.get(button).context["form"].initial["edited_at"]
    page = client.post(button, {"edited_at": read}, follow=True).content.decode()

    assert "relisez-la" in page
    card.refresh_from_db()
    assert card.status == ProviderStatus.SUBMITTED


def test_several_cards_are_published_at_once_and_a_draft_is_named(client, reception):
    cards = [submitted_card(), submitted_card(), ProviderFactory(name="Pas prête")]
    sent = {"action": "publish_selected", "_selected_action": [card.pk for card in cards]}

    page = client.post(
        reverse("admin:directory_provider_changelist"), sent, follow=True
    ).content.decode()

    for card in cards:
        card.refresh_from_db()
    assert [card.is_published for card in cards] == [True, True, False]
    assert "Cette fiche est dans l’état" in page.partition("Pas prête")[2]


def test_a_card_says_who_acts_for_its_company(client, reception):
    card = submitted_card(owner=UserFactory(email="alice@atelier.example"))

    assert "alice@atelier.example" in client.get(change_page(card)).content.decode()


def test_reception_gives_and_withdraws_a_company(client, reception):
    company = CompanyFactory()
    former, newcomer = MembershipFactory(company=company), UserFactory()
    formset = {
        "memberships-TOTAL_FORMS": 2,
        "memberships-INITIAL_FORMS": 1,
        "memberships-0-id": former.pk,
        "memberships-0-company": company.pk,
        "memberships-0-DELETE": "on",
        "memberships-1-company": company.pk,
        "memberships-1-user": newcomer.pk,
        "memberships-1-role": "owner",
    }

    response = client.post(change_page(company), formset)

    assert response.status_code == 302
    assert [link.user for link in Membership.objects.filter(company=company)] == [newcomer]


@pytest.mark.parametrize(
    "model", ["directory_cardexport", "directory_cardimport", "mailings_subscriberimport"]
)
def test_a_mistyped_address_of_a_file_is_not_found(admin_client, model):
    assert admin_client.get(reverse(f"admin:{model}_change", args=["abc"])).status_code == 404


def test_no_company_is_made_nor_unmade_by_hand(admin_client):
    company = CompanyFactory()
    add = reverse("admin:directory_company_add")
    delete = reverse("admin:directory_company_delete", args=[company.pk])

    assert admin_client.get(add).status_code == 403
    assert admin_client.post(delete, {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("count", [1, 4])
def test_a_company_costs_the_same_queries_whatever_its_people(
    client, reception, count, django_assert_num_queries
):
    company = CompanyFactory()
    for _ in range(count):
        MembershipFactory(company=company)

    client.get(change_page(company))  # the kinds of content are read once a process

    with django_assert_num_queries(COMPANY_QUERIES):
        client.get(change_page(company))


@pytest.mark.parametrize("count", [1, 4])
def test_a_card_costs_the_same_queries_whatever_its_services(
    client, reception, count, django_assert_num_queries
):
    offered = [ServiceFactory(code=f"web.{n}", slug=f"service-{n}") for n in range(count)]
    card = submitted_card(offers=offered)

    client.get(change_page(card))

    with django_assert_num_queries(CARD_QUERIES):
        client.get(change_page(card))


COMPANY_QUERIES, CARD_QUERIES = 7, 16


@pytest.mark.ignore_template_errors  # the library's own page
def test_an_older_version_of_a_card_is_read_and_not_brought_back(client, reception):
    card = published_card(name="Avant")
    version = card.history.order_by("history_date").first()
    page = reverse("admin:directory_provider_simple_history", args=[card.pk, version.history_id])

    assert "Avant" in client.get(page).content.decode()
    assert client.post(page, {"name": "Après"}).status_code == 403
