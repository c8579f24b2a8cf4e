from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from directory.enums import ProviderStatus
from directory.models import Company, Provider, SearchDocument, Service
from directory.services import providers as services
from directory.services.search import reindex_published
from emn.lib.page_cache import read_generation
from emn.mailings.models import OutboundEmail
from tests.directory.factories import (
    DESCRIPTION,
    NOW,
    CommuneFactory,
    CompanyFactory,
    MembershipFactory,
    ProviderFactory,
    ServiceFactory,
    UserFactory,
    facts,
    published_card,
    submitted_card,
)

pytestmark = pytest.mark.django_db


def values(**changed):
    return {
        "name": "Atelier du Web",
        "tagline": "Des sites clairs",
        "description": DESCRIPTION,
        "email": "contact@atelier.example",
        "services": [ServiceFactory()],
    } | changed


def start(user=None, *, brand="Atelier du Web", **changed):
    return services.start_card(
        user_id=(user or UserFactory()).pk,
        facts=facts(**changed),
        values=values(name=brand),
        now=NOW,
    )


def test_start_card_makes_a_draft_of_the_company_and_its_owner():
    CommuneFactory()
    owner = UserFactory()

    card = start(owner)

    assert card.status == ProviderStatus.DRAFT
    assert card.slug == "atelier-du-web"
    assert card.company.siret == "41816609600069"
    assert list(card.company.members.all()) == [owner]
    assert [service.code for service in card.services.all()] == ["web.site"]


def test_start_card_refuses_a_closed_establishment():
    CommuneFactory()

    with pytest.raises(services.CardRefused, match="fermé"):
        start(state="F")

    assert not Company.objects.exists()


def test_start_card_refuses_a_place_outside_the_territory():
    with pytest.raises(services.CardRefused, match="hors du territoire"):
        start()


def test_start_card_refuses_someone_else_s_company():
    CommuneFactory()
    start()

    with pytest.raises(services.CompanyTaken, match="déjà dans l’annuaire"):
        start()

    assert Provider.objects.count() == 1


def test_start_card_lets_a_company_have_a_second_brand():
    CommuneFactory()
    owner = UserFactory()

    slugs = [start(owner).slug, start(owner, brand="Atelier du Son").slug]

    assert slugs == ["atelier-du-web", "atelier-du-son"]


def test_start_card_sent_twice_makes_one_card():
    CommuneFactory()
    owner = UserFactory()

    first = start(owner)
    services.submit_card(provider_id=first.pk, user_id=owner.pk, now=NOW)
    again = start(owner)
    services.submit_card(provider_id=again.pk, user_id=owner.pk, now=NOW)

    assert again == first
    assert Provider.objects.count() == 1
    assert OutboundEmail.objects.count() == 1


def test_start_card_refuses_a_company_that_nobody_holds_any_more():
    CommuneFactory()
    company = CompanyFactory(siret="41816609600069")
    ProviderFactory(company=company)

    with pytest.raises(services.CompanyTaken, match="déjà dans l’annuaire"):
        start()

    assert not company.memberships.exists()


def test_start_card_bounds_the_companies_of_an_account_without_published_card():
    CommuneFactory()
    owner = UserFactory()
    published_card(owner=owner)
    for number in range(services.MOST_COMPANIES_UNPUBLISHED):
        start(owner, siret=f"4181660960000{number}")

    with pytest.raises(services.CardRefused, match="sans fiche publiée"):
        start(owner)


def test_start_card_bounds_the_cards_of_a_company():
    CommuneFactory()
    owner = UserFactory()
    for number in range(services.MOST_CARDS_PER_COMPANY):
        start(owner, brand=f"Marque {number}")

    with pytest.raises(services.CardRefused, match="5 fiches au plus"):
        start(owner, brand="Une de trop")

    assert Provider.objects.count() == services.MOST_CARDS_PER_COMPANY


def test_start_card_keeps_the_name_of_a_masked_unit_out():
    CommuneFactory()

    card = start(name=None, street=None)

    assert (card.company.name, card.company.street) == ("41816609600069", "")


@pytest.mark.django_db(transaction=True)
def test_start_card_gives_a_company_to_one_person_only():
    CommuneFactory()
    ServiceFactory()
    people = [UserFactory() for _ in range(6)]

    def attempt(user):
        try:
            start(user)
        except services.CardRefused:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(attempt, people)) == 1
    assert Company.objects.get().memberships.count() == 1


@pytest.mark.django_db(transaction=True)
def test_start_card_gives_one_name_to_several_companies_at_once():
    CommuneFactory()
    ServiceFactory()
    people = [UserFactory() for _ in range(4)]

    def attempt(number):
        try:
            return start(people[number], siret=f"4181660960000{number}").slug
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        slugs = sorted(pool.map(attempt, range(4)))

    assert slugs == ["atelier-du-web", *(f"atelier-du-web-{n}" for n in (2, 3, 4))]


def test_submit_card_hands_it_over_and_tells_its_owner():
    owner = UserFactory(language="de")
    card = ProviderFactory(owner=owner)

    services.submit_card(provider_id=card.pk, user_id=owner.pk, now=NOW)

    card.refresh_from_db()
    assert (card.status, card.submitted_at) == (ProviderStatus.SUBMITTED, NOW)
    assert [(mail.to_email, mail.language) for mail in OutboundEmail.objects.all()] == [
        (owner.email, "de")
    ]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"offers": []}, "au moins un service"),
        ({"description": "Court."}, "200 signes"),
        ({"email": "", "phone": "", "website": ""}, "moyen de vous joindre"),
    ],
)
def test_submit_card_refuses_an_incomplete_card(fields, words):
    owner = UserFactory()
    card = ProviderFactory(owner=owner, **fields)

    with pytest.raises(services.CardIncomplete, match=words):
        services.submit_card(provider_id=card.pk, user_id=owner.pk, now=NOW)

    card.refresh_from_db()
    assert card.status == ProviderStatus.DRAFT


def test_submit_card_does_not_know_another_company_s_card():
    card = ProviderFactory(owner=UserFactory())

    with pytest.raises(Provider.DoesNotExist):
        services.submit_card(provider_id=card.pk, user_id=UserFactory().pk, now=NOW)


def test_submit_card_takes_a_hidden_card_back():
    owner = UserFactory()
    card = published_card(owner=owner)
    services.hide_card(provider_id=card.pk, reason="Le numéro est faux.", now=NOW)

    services.submit_card(provider_id=card.pk, user_id=owner.pk, now=NOW)

    assert Provider.objects.awaiting_review().get() == card


def test_publish_card_shows_it_and_tells_its_owner():
    owner = UserFactory()
    before = read_generation()

    card = published_card(owner=owner)

    assert card.published_at == NOW
    assert SearchDocument.objects.filter(provider=card).exists()
    assert read_generation() != before
    assert OutboundEmail.objects.get().kind == "directory/emails/card_published"


def test_publish_card_refuses_a_draft():
    card = ProviderFactory()

    with pytest.raises(services.TransitionRefused):
        services.publish_card(provider_id=card.pk, now=NOW)

    assert not SearchDocument.objects.exists()


def test_publish_card_again_ends_the_review_of_an_edited_card_without_a_second_mail():
    owner = UserFactory()
    card = published_card(owner=owner)
    later = NOW + timedelta(days=3)
    services.edit_card(
        provider_id=card.pk, user_id=owner.pk, values=values(tagline="Neuf"), now=later
    )
    assert Provider.objects.awaiting_review().get() == card

    services.publish_card(provider_id=card.pk, now=later)

    assert not Provider.objects.awaiting_review().exists()
    assert OutboundEmail.objects.count() == 1


def test_publish_card_refuses_a_text_that_was_not_read():
    owner = UserFactory()
    card = submitted_card(owner=owner)
    later = NOW + timedelta(minutes=1)
    services.edit_card(provider_id=card.pk, user_id=owner.pk, values=values(), now=later)

    with pytest.raises(services.TransitionRefused, match="modifié cette fiche"):
        services.publish_card(provider_id=card.pk, read_version=NOW, now=later)
    services.publish_card(provider_id=card.pk, read_version=later, now=later)

    assert Provider.objects.published().get() == card


def test_send_card_back_keeps_the_text_and_mails_the_reason():
    owner = UserFactory()
    card = submitted_card(owner=owner)

    services.send_card_back(provider_id=card.pk, reason=" Donnez un exemple d’été. ", now=NOW)

    card.refresh_from_db()
    assert (card.status, card.description) == (ProviderStatus.DRAFT, DESCRIPTION)
    assert "Donnez un exemple d’été." in OutboundEmail.objects.get().text_body


def test_send_card_back_wants_a_reason():
    card = submitted_card()

    with pytest.raises(services.CardRefused, match="motif"):
        services.send_card_back(provider_id=card.pk, reason="  ", now=NOW)


def test_hide_card_takes_it_out_of_the_search():
    card = published_card()

    services.hide_card(provider_id=card.pk, reason="Établissement fermé.", now=NOW)

    assert not SearchDocument.objects.exists()
    assert not Provider.objects.published().exists()


def test_hide_card_wants_a_reason():
    card = published_card()

    with pytest.raises(services.CardRefused, match="motif"):
        services.hide_card(provider_id=card.pk, reason=" ", now=NOW)


def test_only_a_published_card_is_hidden_or_confirmed():
    owner = UserFactory()
    card = ProviderFactory(owner=owner)

    with pytest.raises(services.TransitionRefused):
        services.hide_card(provider_id=card.pk, reason="Motif.", now=NOW)
    with pytest.raises(services.TransitionRefused):
        services.confirm_card(provider_id=card.pk, user_id=owner.pk, now=NOW)


def test_edit_card_does_not_know_a_stranger():
    card = published_card(owner=UserFactory())

    with pytest.raises(Provider.DoesNotExist):
        services.edit_card(provider_id=card.pk, user_id=UserFactory().pk, values=values(), now=NOW)


@pytest.mark.parametrize("make", [published_card, submitted_card])
def test_edit_card_refuses_to_empty_a_card_that_was_handed_over(make):
    owner = UserFactory()
    card = make(owner=owner)

    with pytest.raises(services.CardIncomplete, match="au moins un service"):
        services.edit_card(
            provider_id=card.pk, user_id=owner.pk, values=values(services=[]), now=NOW
        )

    assert card.services.exists()


@pytest.mark.parametrize("change", ["edit", "confirm", "hide"])
def test_a_change_of_a_published_card_is_said_to_the_kept_pages(change):
    owner = UserFactory()
    card = published_card(owner=owner)
    before = read_generation()

    if change == "edit":
        services.edit_card(provider_id=card.pk, user_id=owner.pk, values=values(), now=NOW)
    elif change == "confirm":
        services.confirm_card(provider_id=card.pk, user_id=owner.pk, now=NOW)
    else:
        services.hide_card(provider_id=card.pk, reason="Motif.", now=NOW)

    assert read_generation() != before


def test_a_card_is_dated_by_the_last_change_of_what_it_shows():
    owner = UserFactory()
    card = published_card(owner=owner)

    def written_at():
        return SearchDocument.objects.get().written_at

    first = written_at()
    services.publish_card(provider_id=card.pk, now=NOW + timedelta(days=1))
    read_again = written_at()
    services.edit_card(
        provider_id=card.pk, user_id=owner.pk, values={"phone": "03 87 00 00 00"}, now=NOW
    )
    edited = written_at()
    Service.objects.update(description_de="Für Handwerk und Handel.")
    reindex_published()
    described = written_at()
    reindex_published()

    assert first == read_again < edited < described == written_at()


def test_edit_card_changes_what_the_search_finds():
    owner = UserFactory()
    card = published_card(owner=owner)
    seo = ServiceFactory(code="visib.seo", slug="referencement", name_fr="Référencement")

    services.edit_card(
        provider_id=card.pk, user_id=owner.pk, values=values(services=[seo]), now=NOW
    )

    assert SearchDocument.objects.get().service_ids == [seo.pk]


def test_confirm_card_dates_the_owner_s_word():
    owner = UserFactory()
    card = published_card(owner=owner)
    later = NOW + timedelta(days=200)

    services.confirm_card(provider_id=card.pk, user_id=owner.pk, now=later)

    card.refresh_from_db()
    assert card.confirmed_at == later


def test_a_card_hidden_for_silence_comes_back_complete_or_not_at_all():
    owner = UserFactory()
    card = published_card(owner=owner)
    Provider.objects.filter(pk=card.pk).update(
        status=ProviderStatus.HIDDEN, silenced_at=NOW, description=""
    )

    with pytest.raises(services.CardIncomplete, match="signes"):
        services.confirm_card(provider_id=card.pk, user_id=owner.pk, now=NOW)

    assert not Provider.objects.published().exists()


def test_members_whose_account_is_closed_get_no_mail():
    card = submitted_card()
    MembershipFactory(company=card.company, user=UserFactory(is_active=False))

    services.publish_card(provider_id=card.pk, now=NOW)

    assert not OutboundEmail.objects.exists()
