"""When a provider must talk, when it takes no more, and what its cards lead to."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from directory.enums import MessageSide
from directory.models import Proposal, Provider, RequestPause
from directory.services import need_clocks, proposals
from tests.directory import needs as make
from tests.directory.factories import NOW, MembershipFactory, UserFactory, published_card
from tests.directory.needs import mails

pytestmark = pytest.mark.django_db
TODAY = NOW.date()  # a Monday


def in_contact():
    make.matchable()
    return make.in_contact()[1]


def tick(days):
    return need_clocks.tick(now=NOW + timedelta(days=days))


def test_who_took_a_request_is_reminded_once_after_five_working_days():
    proposal = in_contact()
    assert proposal.exchange_before == date(2026, 11, 30)  # Monday to Monday

    for days in range(8):
        tick(days)
    assert not mails("exchange_late").exists()
    for days in (8, 8, 9):
        tick(days)

    assert mails("exchange_late").count() == 1
    assert mails("exchange_asked").count() == 1
    assert "0387000000" in mails("exchange_late").get().text_body.replace(" ", "").replace(
        "\u00a0", ""
    ).replace("\u202f", "")


def test_who_wrote_in_the_thread_is_not_reminded():
    proposal = in_contact()
    proposals.write_message(
        proposal_id=proposal.pk, side=MessageSide.PROVIDER, text="Bonjour", now=NOW
    )

    tick(9)

    assert not mails("exchange_late").exists()


def test_what_the_company_wrote_is_no_answer():
    proposal = in_contact()
    proposals.write_message(
        proposal_id=proposal.pk, side=MessageSide.COMPANY, text="Bonjour ?", now=NOW
    )

    tick(9)

    assert mails("exchange_late").count() == 1


def test_nobody_is_reminded_of_what_has_ended():
    proposal = in_contact()
    Proposal.objects.filter(pk=proposal.pk).update(status="lost", loss_reason="price")

    tick(9)

    assert not mails("exchange_late").exists()


# --- Pauses, and no room ---


def own_card(client):
    user = UserFactory()
    card = published_card()
    MembershipFactory(company=card.company, user=user)
    client.force_login(user)
    return card


def test_a_provider_pauses_and_resumes_from_its_cards(client):
    card = own_card(client)
    page = reverse("directory:my_cards")
    pause = reverse("directory:card_pause", args=[card.pk])
    assert "Suspendre les demandes" in client.get(page).content.decode()

    client.post(pause, {"do": "pause"})
    paused = client.get(page).content.decode()
    assert RequestPause.objects.filter(provider=card).exists()
    assert "Recevoir de nouveau des demandes" in paused
    assert "Vous ne recevez pas de demandes en ce moment." in paused

    client.post(pause, {"do": "resume"})
    assert not RequestPause.objects.exists()


def test_the_pause_of_another_is_not_there(client):
    own_card(client)
    other = published_card()

    answer = client.post(reverse("directory:card_pause", args=[other.pk]), {"do": "pause"})

    assert answer.status_code == 404
    assert client.get(reverse("directory:card_pause", args=[other.pk])).status_code == 405
    assert not RequestPause.objects.exists()


def test_my_cards_lead_to_the_index(client):
    card = own_card(client)

    page = client.get(reverse("directory:my_cards")).content.decode()

    assert reverse("directory:trust_own", args=[card.pk]) in page


@pytest.mark.parametrize("cards", [1, 3])
def test_my_cards_cost_the_same_queries_for_one_and_for_three(
    client, django_assert_num_queries, cards
):
    card = own_card(client)
    for _card in range(cards - 1):
        published_card(company=card.company)
    client.get(reverse("directory:my_cards"))

    with django_assert_num_queries(3):
        client.get(reverse("directory:my_cards"))


def test_a_need_begun_on_a_card_without_room_says_so(client):
    card = make.matchable()
    address = f"{reverse('needs:new')}?fiche={card.slug}"
    said_so = "ne prend pas de nouvelle demande"
    assert said_so not in client.get(address).content.decode()

    for number in range(5):
        need = make.proposed(email=f"c{number}@exemple.example", siret=f"{910000000 + number}00017")
        need.proposals.update(status="accepted")
    assert Proposal.objects.filter(provider=card).count() == 5
    full = client.get(address).content.decode()
    assert said_so in full

    Proposal.objects.all().delete()
    proposals.set_pause(provider_id=card.pk, paused=True, now=NOW)
    assert said_so in client.get(address).content.decode()
    assert said_so not in client.get(reverse("needs:new")).content.decode()
    assert Provider.objects.filter(pk=card.pk).exists()
