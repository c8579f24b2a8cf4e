"""Making two cards one: nothing that is attached is lost, and the old address leads on."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.urls import reverse

from directory.enums import MembershipRole
from directory.models import (
    CardMerge,
    CardRedirect,
    CardReport,
    DuplicatePair,
    Picture,
    PriceIndication,
    Provider,
    SearchDocument,
)
from directory.search import postings
from directory.search.lexemes import parse
from directory.search.replica import numbers
from directory.search.results import Criteria, find
from directory.search.terms import EVERY
from directory.services import duplicates, providers
from directory.services import merging as services
from emn.accounts.enums import Role
from emn.accounts.services import erase_account
from emn.lib.page_cache import read_generation
from emn.mailings.models import OutboundEmail
from tests.directory.factories import (
    NOW,
    CommuneFactory,
    ProviderFactory,
    ServiceFactory,
    UserFactory,
    facts,
    published_card,
    submitted_card,
)
from tests.directory.test_admin import sign_in

pytestmark = pytest.mark.django_db


def merge(kept, merged, *, choices=None, people=False, **more):
    return services.merge_cards(
        kept_id=kept.pk,
        merged_id=merged.pk,
        choices=choices or {},
        move_people=people,
        by_id=more.pop("by_id", None) or UserFactory().pk,
        now=NOW,
        **more,
    )


def test_every_relation_to_a_card_says_what_becomes_of_it():
    assert services.forgotten() == []


def test_a_forgotten_relation_stops_the_merge(monkeypatch):
    kept, merged = published_card(), published_card()
    monkeypatch.delitem(services._movers, (CardReport, "provider"))

    with pytest.raises(LookupError, match="CardReport"):
        merge(kept, merged)

    assert Provider.objects.filter(pk=merged.pk).exists()


def test_what_staff_takes_from_the_other_card_is_written():
    kept = published_card(languages=["fr"], tagline="Ancien")
    merged = published_card(languages=["fr", "de"], tagline="Neuf", phone="03 87 00 11 22")

    entry = merge(
        kept, merged, choices={"tagline": "merged", "phone": "merged", "languages": "both"}
    )

    kept.refresh_from_db()
    assert (kept.tagline, kept.phone, kept.languages) == ("Neuf", "03 87 00 11 22", ["fr", "de"])
    assert entry.choices == {"tagline": "merged", "phone": "merged", "languages": "both"}


@pytest.mark.parametrize(
    ("choice", "codes"),
    [("kept", ["a", "b"]), ("merged", ["b", "c"]), ("both", ["a", "b", "c"])],
)
def test_offers_are_kept_taken_or_joined(choice, codes):
    a, b, c = (ServiceFactory(code=code, slug=code) for code in "abc")
    kept, merged = published_card(offers=[a, b]), published_card(offers=[b, c])

    merge(kept, merged, choices={"services": choice})

    assert sorted(kept.services.values_list("code", flat=True)) == codes
    assert len(SearchDocument.objects.get(provider=kept).service_ids) == len(codes)


def test_what_the_portal_notes_on_a_card_is_never_taken():
    kept, merged = published_card(), published_card(tagline="Autre", website="https://a.example")
    Provider.objects.filter(pk=merged.pk).update(
        status="hidden", silenced_at=NOW, reminders_sent=2, quality=0, reviewed_content=None
    )
    Provider.objects.filter(pk=kept.pk).update(quality=0)  # as if it were scored long ago
    merged.refresh_from_db()
    found = services.differences(kept, merged)
    assert {each.name for each in found} == {"name", "tagline", "website"}

    merge(kept, merged, choices={each.name: "merged" for each in found})

    scored = kept.quality
    kept.refresh_from_db()
    assert (kept.silenced_at, kept.reminders_sent, kept.quality) == (None, 0, scored)


def price(card, service):
    return PriceIndication.objects.create(provider=card, service=service, basis="quote")


@pytest.mark.parametrize(
    ("choice", "codes"), [("kept", ["a"]), ("merged", ["b"]), ("both", ["a", "b"])]
)
def test_a_price_goes_with_its_service(choice, codes):
    a, b = (ServiceFactory(code=code, slug=code) for code in "ab")
    kept, merged = published_card(offers=[a]), published_card(offers=[b])
    price(kept, a), price(merged, b), price(merged, None)

    merge(kept, merged, choices={"services": choice})

    prices = kept.prices.order_by("service__code").values_list("service__code", flat=True)
    assert list(prices) == [*codes, None]


def test_more_services_or_keywords_than_a_card_holds_are_refused():
    services_of = [ServiceFactory(code=f"s{n}", slug=f"s{n}") for n in range(16)]
    kept = published_card(offers=services_of[:8], keywords=[f"un{n}" for n in range(6)])
    merged = published_card(offers=services_of[8:], keywords=[f"deux{n}" for n in range(6)])

    for field, said in (("services", "15 services"), ("keywords", "10 mots-clés")):
        with pytest.raises(services.MergeRefused, match=said):
            merge(kept, merged, choices={field: "both"})

    assert Provider.objects.count() == 2


def test_the_rows_beyond_what_a_card_holds_go_with_the_other_one(
    client, agent, django_capture_on_commit_callbacks
):
    kept, merged = published_card(), published_card()
    for card, count in ((kept, 4), (merged, 3)):
        for n in range(count):
            Picture.objects.create(
                provider=card, name=f"images/{card.pk}-{n}", alt=f"{card.pk}-{n}", position=n,
                width=480, height=360, widths=[480],
            )  # fmt: skip
            default_storage.save(f"images/{card.pk}-{n}-480.webp", ContentFile(b"webp"))
    address = reverse("admin:directory_duplicatepair_merge", args=[kept.pk, merged.pk])
    assert (
        "disparaître avec elle\N{NO-BREAK SPACE}: images." in client.get(address).content.decode()
    )

    with django_capture_on_commit_callbacks(execute=True):
        merge(kept, merged)

    assert kept.pictures.count() == 6
    assert not kept.pictures.filter(alt=f"{merged.pk}-2").exists()
    assert default_storage.exists(f"images/{merged.pk}-1-480.webp")
    assert not default_storage.exists(f"images/{merged.pk}-2-480.webp")


def test_reports_redirects_and_merges_follow():
    first, second, third = published_card(), published_card(), published_card()
    CardReport.objects.create(provider=first, category="closed", language="fr", created_at=NOW)
    merge(second, first)

    merge(third, second)

    assert CardReport.objects.get().provider == third
    assert CardMerge.objects.filter(kept=third).count() == 2
    assert {row.provider for row in CardRedirect.objects.all()} == {third}


def test_the_versions_of_both_cards_are_kept_and_erased_with_its_last_person():
    owner = UserFactory()
    kept = published_card(owner=owner)
    merged = published_card(email="alice@ailleurs.example")
    merge(kept, merged)
    reference = kept.history.order_by("-history_date", "-pk").first()

    assert "alice@ailleurs.example" in set(kept.history.values_list("email", flat=True))
    assert reference.email == kept.email
    assert not Provider.history.filter(id=merged.pk).exists()
    erase_account(user_id=owner.pk)
    assert not Provider.history.filter(email="alice@ailleurs.example").exists()


def test_only_one_logo_stays(django_capture_on_commit_callbacks):
    kept, merged = published_card(), published_card()
    for card, name in ((kept, "logos/a.webp"), (merged, "logos/b.webp")):
        default_storage.save(name, ContentFile(b"webp"))
        Provider.objects.filter(pk=card.pk).update(logo=name)

    with django_capture_on_commit_callbacks(execute=True):
        merge(kept, merged, choices={"logo": "merged"})

    kept.refresh_from_db()
    assert kept.logo.name == "logos/b.webp"
    assert (default_storage.exists("logos/a.webp"), default_storage.exists("logos/b.webp")) == (
        False,
        True,
    )


def test_people_move_only_when_asked_and_stay_writers():
    owner, other = UserFactory(), UserFactory()
    kept = published_card(owner=owner)
    merge(kept, published_card(owner=UserFactory()))
    assert list(kept.company.members.all()) == [owner]

    merge(kept, published_card(owner=other), people=True)

    roles = dict(kept.company.memberships.values_list("user_id", "role"))
    assert roles == {owner.pk: MembershipRole.OWNER, other.pk: MembershipRole.EDITOR}


def test_people_of_both_cards_are_told():
    owner, other = UserFactory(), UserFactory()

    merge(published_card(owner=owner), published_card(owner=other))

    told = OutboundEmail.objects.filter(kind="directory/emails/cards_merged")
    assert {mail.to_email for mail in told} == {owner.email, other.email}


@pytest.mark.parametrize("prefix", ["", "/de", "/en"])
def test_old_addresses_lead_on_for_good_in_every_language(client, prefix):
    first, second, third = published_card(), published_card(), published_card()
    merge(second, first)
    merge(third, second)

    for old in (first, second):
        response = client.get(f"{prefix}/annuaire/{old.slug}/")
        assert response.status_code == 301
        assert response["Location"] == f"{prefix}/annuaire/{third.slug}/"
    answer = client.get(f"{prefix}/annuaire/{first.slug}/signaler/")
    assert answer["Location"] == f"{prefix}/annuaire/{third.slug}/signaler/"


def test_the_address_of_a_hidden_card_leads_nowhere(client):
    kept, merged = published_card(), published_card()
    merge(kept, merged)
    providers.hide_card(provider_id=kept.pk, reason="Fermée.", now=NOW)

    assert client.get(f"/annuaire/{merged.slug}/").status_code == 404


def test_an_old_address_is_given_to_nobody_else():
    CommuneFactory()
    merge(published_card(), published_card(slug="atelier-du-web"))
    values = {"name": "Atelier du Web", "services": []}

    card = providers.start_card(user_id=UserFactory().pk, facts=facts(), values=values, now=NOW)

    assert card.slug == "atelier-du-web-2"


def test_the_pages_change_and_staff_has_nothing_to_read_again():
    kept, merged = published_card(), published_card()
    before = read_generation()

    merge(kept, merged)

    assert read_generation() != before
    assert not Provider.objects.awaiting_review().exists()
    assert list(SearchDocument.objects.values_list("pk", flat=True)) == [kept.pk]


def test_the_search_forgets_the_card_that_disappears():
    kept, merged = published_card(), published_card()

    merge(kept, merged)

    assert len(numbers(find(Criteria(query=parse(""))).answers)) == 1
    assert set(postings.read([EVERY]).cards[EVERY]) == {kept.pk}


def test_an_edit_that_waits_still_waits_after_a_merge():
    owner = UserFactory()
    kept, merged = published_card(owner=owner), published_card()
    later = NOW + timedelta(minutes=1)
    providers.edit_card(provider_id=kept.pk, user_id=owner.pk, values={"tagline": "?"}, now=later)

    services.merge_cards(
        kept_id=kept.pk,
        merged_id=merged.pk,
        choices={},
        move_people=False,
        by_id=owner.pk,
        now=later,
    )

    assert Provider.objects.awaiting_review().get() == kept


def test_a_card_is_not_merged_into_itself():
    card = published_card()

    with pytest.raises(services.MergeRefused, match="même fiche"):
        merge(card, card)


def test_a_draft_is_its_author_s():
    with pytest.raises(services.MergeRefused, match="brouillon"):
        merge(published_card(), ProviderFactory())


def test_the_public_card_is_the_one_to_keep():
    with pytest.raises(services.MergeRefused, match="publiée"):
        merge(submitted_card(), published_card())


def test_a_card_edited_since_the_comparison_is_compared_again():
    owner = UserFactory()
    kept, merged = published_card(), published_card(owner=owner)
    read = (kept.edited_at, merged.edited_at)
    providers.edit_card(
        provider_id=merged.pk,
        user_id=owner.pk,
        values={"tagline": "Autre"},
        now=NOW + timedelta(minutes=1),
    )

    with pytest.raises(services.MergeRefused, match="comparez-les"):
        merge(kept, merged, read_versions=read)


@pytest.mark.django_db(transaction=True)
def test_two_agents_who_merge_at_once_make_one_merge():
    one, other = published_card(), published_card()
    agent = UserFactory()

    def attempt(pair):
        try:
            return merge(*pair, by_id=agent.pk)
        except services.MergeRefused as refusal:
            return refusal.message
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(attempt, [(one, other), (other, one)]))

    assert sum(isinstance(result, CardMerge) for result in results) == 1
    assert sum("n’existe plus" in str(result) for result in results) == 1
    assert Provider.objects.count() == 1


# --- Pages ---


@pytest.fixture
def agent(client, settings):
    settings.STAFF_MFA_REQUIRED = False
    return sign_in(client, Role.RECEPTION)


def test_staff_compares_then_merges_a_proposed_pair(client, agent):
    kept, merged = published_card(tagline="Un"), published_card(tagline="Deux", name="Atelier 0")
    Provider.objects.filter(pk=kept.pk).update(name="Atelier 0")
    duplicates.find_duplicates(now=NOW)
    pair = DuplicatePair.objects.get()

    page = client.get(reverse("admin:directory_duplicatepair_change", args=[pair.pk]), follow=True)
    assert "Une fusion ne se défait pas" in page.content.decode()
    assert Provider.objects.count() == 2
    form = page.context["form"]
    sent = {name: form.initial.get(name, field.initial) for name, field in form.fields.items()}
    client.post(page.redirect_chain[-1][0], sent | {"tagline": "merged"})

    kept.refresh_from_db()
    assert kept.tagline == "Deux"
    assert client.get(f"/annuaire/{merged.slug}/")["Location"] == f"/annuaire/{kept.slug}/"


def test_staff_dismisses_a_pair_by_post_only(client, agent):
    published_card(name="Atelier"), published_card(name="Atelier")
    duplicates.find_duplicates(now=NOW)
    pair = DuplicatePair.objects.get()
    address = reverse("admin:directory_duplicatepair_dismiss", args=[pair.pk])

    client.get(address)
    assert DuplicatePair.objects.proposed().exists()
    client.post(address)

    assert not DuplicatePair.objects.proposed().exists()


def test_merging_needs_the_permission(client, settings):
    settings.STAFF_MFA_REQUIRED = False
    sign_in(client, Role.ADVISER)
    one, other = published_card(), published_card()
    address = reverse("admin:directory_duplicatepair_merge", args=[one.pk, other.pk])

    assert client.post(address, {}).status_code == 403


@pytest.mark.parametrize("count", [1, 4])
def test_the_list_of_pairs_costs_the_same_queries(client, agent, count, django_assert_num_queries):
    for n in range(count):
        published_card(name=f"Fiche{n}", email=f"{n}@a.example")
        published_card(name=f"Fiche{n}", email=f"{n}@a.example")
    duplicates.find_duplicates(now=NOW)
    address = reverse("admin:directory_duplicatepair_changelist")
    client.get(address)

    with django_assert_num_queries(PAIR_QUERIES):
        client.get(address)


PAIR_QUERIES = 6
