"""The taxonomy as staff edits it: nothing that used a removed term is lost."""

import json
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from directory.admin import taxonomy as taxonomy_admin
from directory.enums import PriceBasis
from directory.models import (
    IgnoredWord,
    Offer,
    PriceIndication,
    Service,
    ServiceCategory,
    TermRedirect,
)
from directory.search.lexemes import LANGUAGES, parse
from directory.search.results import Criteria, find
from directory.services import taxonomy
from directory.services import taxonomy_editing as services
from directory.services import taxonomy_retiring as retiring
from directory.tasks import give_service, move_offers_left, reindex_directory
from emn.accounts.enums import Role
from emn.lib import page_cache
from emn.lib.db import relations_to
from tests.directory.factories import (
    NOW,
    ProviderFactory,
    ServiceCategoryFactory,
    ServiceFactory,
    published_card,
)
from tests.directory.test_admin import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def rung(monkeypatch):
    """What would have been sent to the worker."""
    calls = []
    monkeypatch.setattr(reindex_directory, "delay", lambda: calls.append("reindex"))
    return calls


def service(code, **fields):
    slug = code.replace(".", "-")
    names = {f"name_{language}": f"{slug} {language}" for language in ("fr", "de", "en")}
    words = {f"synonyms_{language}": "" for language in ("fr", "de", "en")}
    return ServiceFactory(code=code, slug=slug, **names | words | fields)


def retire(old, target):
    return retiring.retire_service(service_id=old.pk, target_id=target.pk, now=NOW)


@pytest.mark.parametrize("model", [Service, ServiceCategory])
def test_every_relation_to_a_term_is_moved(model):
    assert set(relations_to(model)) == retiring.HANDLED[model]


def test_a_forgotten_relation_stops_the_removal(monkeypatch):
    monkeypatch.setitem(retiring.HANDLED, Service, set())

    with pytest.raises(LookupError):
        retire(service("a"), service("b"))


def test_offers_words_and_address_go_to_the_other_service(
    rung, client, django_capture_on_commit_callbacks
):
    old = service("web.zorglub", name_fr="Zorglubage", synonyms_de="Zorgelei")
    target = service("web.autre", synonyms_fr="site")
    only_old, both = published_card(offers=[old]), published_card(offers=[old, target])

    with django_capture_on_commit_callbacks(execute=True):
        assert retire(old, target)

    assert rung == []  # the cards that offered it are indexed, the others are left alone
    assert set(Offer.objects.values_list("provider", "service")) == {
        (only_old.pk, target.pk),
        (both.pk, target.pk),
    }
    target.refresh_from_db()
    assert target.synonyms_fr == "site, Zorglubage"
    assert target.synonyms_de == "web-zorglub de, Zorgelei"
    for query in ("?service=web-zorglub", "?service=web-autre", "?q=zorglubage"):
        found = client.get(f"/annuaire/{query}", follow=True).context["search"]
        assert found.page.paginator.count == 2, query
    chips = client.get("/annuaire/?service=web-zorglub", follow=True).context["search"].chips
    assert [chip.label for chip in chips] == ["web-autre fr"]


# --- Many cards ---


@pytest.fixture
def few_at_once(monkeypatch):
    monkeypatch.setattr(retiring, "MOVED_AT_ONCE", 2)
    calls = []
    monkeypatch.setattr(move_offers_left, "delay", lambda: calls.append("move"))
    return calls


def offering(*terms):
    return set(Offer.objects.filter(service__in=terms).values_list("service__slug", flat=True))


def found(client, slug):
    response = client.get(f"/annuaire/?service={slug}", follow=True)
    return response.context["search"].page.paginator.count


def test_many_offers_are_moved_by_the_worker_without_a_broken_link(
    few_at_once, client, django_capture_on_commit_callbacks
):
    old, target = service("a"), service("b")
    for _ in range(5):
        published_card(offers=[old]).prices.create(service=old, basis=PriceBasis.QUOTE)

    with django_capture_on_commit_callbacks(execute=True):
        assert not retire(old, target)
    assert (few_at_once, offering(old, target), found(client, "a")) == (["move"], {"a"}, 5)

    before = page_cache.read_generation()
    assert retiring._move_some(service_id=old.pk) == 2  # then the worker dies
    assert page_cache.read_generation() != before
    assert PriceIndication.objects.filter(service=target).count() == 2
    assert (found(client, "a"), found(client, "b")) == (3, 2)

    move_offers_left()
    move_offers_left()
    assert (found(client, "a"), found(client, "b")) == (5, 5)
    assert list(TermRedirect.objects.values_list("slug", "service")) == [("a", target.pk)]
    assert not Service.objects.filter(pk=old.pk).exists()


def test_prices_go_with_the_offers():
    old, target = service("a"), service("b")
    offered = published_card(offers=[old])
    for card in (offered, published_card(offers=[target])):
        card.prices.create(service=old, basis=PriceBasis.QUOTE)

    retire(old, target)

    prices = PriceIndication.objects.order_by("pk").values_list("service", flat=True)
    assert list(prices) == [target.pk, target.pk]


def test_two_cards_are_moved_at_once(few_at_once):
    old, target = service("a"), service("b")
    for _ in range(2):
        published_card(offers=[old])

    assert retire(old, target)
    assert few_at_once == []


def test_a_long_removal_is_said_and_shown_in_the_list(few_at_once, client, editor):
    old, target = service("a"), service("b")
    for _ in range(3):
        published_card(offers=[old])
    address = reverse("admin:directory_service_retire", args=[old.pk])

    page = client.post(address, {"target": target.pk}, follow=True).content.decode()

    assert "Le retrait est commencé" in page
    assert re.search(r'field-cards">3<.*?field-leaves_for nowrap">[^-]*b fr', page, re.DOTALL)


def test_a_removal_under_way_is_left_to_its_end(few_at_once):
    old, target, other = service("a"), service("b"), service("c")
    for _ in range(3):
        published_card(offers=[old])
    retire(old, target)

    for pair in ((old, other), (target, other), (other, old)):
        with pytest.raises(services.TermRefused, match="en route"):
            retire(*pair)


@pytest.mark.django_db(transaction=True)
def test_two_agents_who_remove_each_for_the_other_leave_one():
    pair = service("a"), service("b")
    cards = [published_card(offers=[term]) for term in pair]

    def attempt(order):
        try:
            return retire(*order)
        except services.TermRefused:
            return False
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(attempt, (pair, pair[::-1]))) == 1
    left = Service.objects.get(pk__in=[term.pk for term in pair])
    assert set(Offer.objects.values_list("provider", "service")) == {
        (card.pk, left.pk) for card in cards
    }


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_move_each_offer_once(few_at_once):
    old, target = service("a"), service("b")
    cards = [published_card(offers=[old]) for _ in range(7)]
    retire(old, target)

    def attempt(_n):
        try:
            move_offers_left()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(attempt, range(2)))
    assert set(Offer.objects.values_list("provider", "service")) == {
        (card.pk, target.pk) for card in cards
    }
    assert TermRedirect.objects.count() == 1


@pytest.mark.parametrize("path", ["/annuaire/", "/de/annuaire/", "/en/annuaire/carte/"])
def test_an_old_address_leads_to_the_new_one_for_good(client, path):
    retire(service("vieux"), service("neuf"))

    response = client.get(f"{path}?q=%C3%A9t%C3%A9&service=vieux&page=2")

    assert response.status_code == 301
    assert response["Location"] == f"{path}?q=%C3%A9t%C3%A9&service=neuf&page=2"
    assert client.get(response["Location"]).status_code == 200


def test_addresses_of_terms_collapse():
    first, second, third = service("a"), service("b"), service("c")
    retire(first, second)

    retire(second, third)

    assert set(TermRedirect.objects.values_list("slug", "service")) == {
        ("a", third.pk),
        ("b", third.pk),
    }


def test_a_term_does_not_take_its_own_place():
    term = service("a")

    with pytest.raises(services.TermRefused, match="autre terme"):
        retire(term, term)


def test_a_term_removed_meanwhile_is_said_so():
    old, target = service("a"), service("b")
    retire(old, target)

    with pytest.raises(services.TermRefused, match="n’existe plus"):
        retire(old, target)


def test_a_family_gives_its_services_and_its_address(client):
    old = ServiceCategoryFactory(code="vieux", slug="vieille-famille")
    target = ServiceCategoryFactory(code="neuf", slug="famille-neuve")
    term = service("a", category=old)
    published_card(offers=[term])

    assert retiring.retire_category(category_id=old.pk, target_id=target.pk, now=NOW) == 1

    term.refresh_from_db()
    assert term.category == target
    found = client.get("/annuaire/?service=vieille-famille", follow=True).context["search"]
    assert found.page.paginator.count == 1


def test_the_shipped_file_changes_nothing_that_staff_did(tmp_path):
    taxonomy.sync_taxonomy(write=True)
    family = ServiceCategory.objects.order_by("position").first()
    gone, written, other = family.services.order_by("position")[:3]
    retire(gone, other)
    Service.objects.filter(pk=written.pk).update(name_fr="Nom du centre", curated_at=NOW)
    last = ServiceCategory.objects.order_by("-position").first()
    retiring.retire_category(category_id=last.pk, target_id=family.pk, now=NOW)

    diffs = taxonomy.sync_taxonomy(write=True)

    assert [(diff.created, diff.changed) for diff in diffs] == [([], []), ([], [])]
    assert not Service.objects.filter(code=gone.code).exists()
    assert Service.objects.get(pk=written.pk).name_fr == "Nom du centre"
    content = json.loads(taxonomy.TAXONOMY_FILE.read_text(encoding="utf-8"))
    assert gone.code in {e["code"] for f in content["categories"] for e in f["services"]}


# --- Free words ---


def test_free_words_are_those_that_no_service_knows():
    service("a", name_fr="Création de site", synonyms_en="web shop")
    published_card(keywords=["Zorglub", "création de site"])
    published_card(keywords=["zorglub", "Zörglub", "Web Shop", "rare"])
    ProviderFactory(keywords=["brouillon"])

    assert services.free_words() == [services.FreeWord("zorglub", 3), services.FreeWord("rare", 1)]


def test_a_word_becomes_a_synonym_once(rung, django_capture_on_commit_callbacks):
    term = service("a", synonyms_fr="site")
    card = published_card(offers=[term])

    with django_capture_on_commit_callbacks(execute=True):
        services.promote_to_synonym(word="Zorglub", service_id=term.pk, language="fr", now=NOW)

    term.refresh_from_db()
    assert (term.synonyms_fr, term.curated_at, rung) == ("site, Zorglub", NOW, [])
    assert list(find(Criteria(query=parse("zorglub"))).answers) == [card.pk]
    with pytest.raises(services.TermRefused, match="connaît déjà"):
        services.promote_to_synonym(word="zorglub", service_id=term.pk, language="fr", now=NOW)


def promote(word="zorglub", *, add=True, name="Zorglubage"):
    names = {"fr": name, "de": "Zorgelei", "en": "Zorgling"}
    category = ServiceCategoryFactory()
    return services.promote_to_service(
        word=word, category_id=category.pk, names=names, add_to_cards=add, now=NOW
    )


def test_a_word_becomes_a_service_of_the_cards_that_write_it(monkeypatch):
    monkeypatch.setattr(services, "MOST_SERVICES", 2)
    terms = [service("a"), service("b")]
    writes = published_card(keywords=["Zorglub"], offers=terms[:1])
    full = published_card(keywords=["zorglub"], offers=terms)
    other = published_card(keywords=["zorglubard"], offers=terms[:1])

    made, count = promote()

    assert (made.slug, made.synonyms_fr, made.name_de, count) == (
        "zorglubage",
        "zorglub",
        "Zorgelei",
        1,
    )
    assert [made in card.services.all() for card in (writes, full, other)] == [True, False, False]


def test_many_cards_get_the_new_service_from_the_worker(
    monkeypatch, django_capture_on_commit_callbacks
):
    monkeypatch.setattr(services, "GIVEN_AT_ONCE", 2)
    calls = []
    monkeypatch.setattr(give_service, "delay", lambda **given: calls.append(given))
    cards = {published_card(keywords=["zorglub"]).pk for _ in range(3)}

    with django_capture_on_commit_callbacks(execute=True):
        made, count = promote()
    assert (count, calls) == (3, [{"service_id": made.pk, "word": "zorglub"}])
    assert not made.offers.exists()

    give_service(**calls[0])
    give_service(**calls[0])
    assert set(made.offers.values_list("provider", flat=True)) == cards
    assert made.offers.count() == 3
    assert set(find(Criteria(query=parse("zorgelei"))).answers) == cards


def test_an_ignored_word_is_not_listed_until_it_is_taken_back():
    published_card(keywords=["Zörglub", "rare"])

    for _ in range(2):
        services.ignore_word(word="zorglub", now=NOW)

    assert [entry.word for entry in services.free_words()] == ["rare"]
    IgnoredWord.objects.get().delete()
    assert len(services.free_words()) == 2


def test_a_word_becomes_a_service_without_touching_cards():
    published_card(keywords=["zorglub"])

    assert promote(add=False)[1] == 0


def test_a_name_that_served_is_not_given_again():
    retire(service("zorglubage"), service("b"))

    with pytest.raises(services.TermRefused, match="a, ou a eu"):
        promote()


# --- Pages ---


@pytest.fixture
def editor(client, settings):
    settings.STAFF_MFA_REQUIRED = False
    return sign_in(client, Role.EDITOR)


def test_an_editor_removes_a_service(client, editor):
    old, target = service("a"), service("b")
    page = client.get(reverse("admin:directory_service_change", args=[old.pk]))
    button = page.context["buttons"][0][0]

    assert "0 fiches" in client.get(button).content.decode()
    assert Service.objects.filter(pk=old.pk).exists()
    client.post(button, {"target": target.pk})

    assert TermRedirect.objects.get().service == target


def test_reception_removes_nothing(client, settings):
    settings.STAFF_MFA_REQUIRED = False
    sign_in(client, Role.RECEPTION)
    old, target = service("a"), service("b")

    for name, pk in (("service", old.pk), ("servicecategory", old.category_id)):
        address = reverse(f"admin:directory_{name}_retire", args=[pk])
        assert client.post(address, {"target": target.pk}).status_code == 403
    address = reverse("admin:directory_service_ignore")
    assert client.post(address, {"mot": "zorglub"}).status_code == 403
    words = reverse("admin:directory_service_words")
    assert client.get(words).status_code == 403
    assert words not in client.get(reverse("admin:directory_service_changelist")).content.decode()


def test_an_editor_promotes_a_word(client, editor):
    term = service("a")
    published_card(keywords=["zorglub"])
    page = client.get(reverse("admin:directory_service_words")).content.decode()
    assert "zorglub" in page

    sent = {"mot": "zorglub", "way": "synonym", "synonyme-service": term.pk}
    client.post(reverse("admin:directory_service_promote"), sent | {"synonyme-language": "fr"})

    assert services.free_words() == []
    assert LogEntry.objects.get().object_id == str(term.pk)


def test_an_editor_ignores_a_word_by_a_button(client, editor):
    published_card(keywords=["zorglub"])
    address = reverse("admin:directory_service_ignore")

    assert client.get(address).status_code == 405
    assert client.post(address, {"mot": " "}).status_code == 302
    assert not IgnoredWord.objects.exists()

    client.post(address, {"mot": "zorglub"})
    assert (services.free_words(), LogEntry.objects.count()) == ([], 1)
    page = client.get(reverse("admin:directory_ignoredword_changelist")).content.decode()
    assert "zorglub" in page


def test_free_words_are_shown_by_pages(client, editor, monkeypatch):
    monkeypatch.setattr(taxonomy_admin, "WORDS_PER_PAGE", 1)
    published_card(keywords=["zorglub", "rare"])

    pages = [
        client.get(reverse("admin:directory_service_words"), {"page": n}).context["words"]
        for n in (1, 2)
    ]

    assert [[entry.word for entry in page] for page in pages] == [["rare"], ["zorglub"]]


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ({}, "complètes"),
        ({"name_de": ""}, "allemand manquant"),
        ({"description_fr": "Ce que c’est."}, "allemand incomplet, anglais incomplet"),
    ],
)
def test_the_list_says_what_is_left_to_translate(client, editor, texts, said):
    blank = {f"description_{language}": "" for language in ("fr", "de", "en")}
    service("a", **blank | texts)

    page = client.get(reverse("admin:directory_service_changelist")).content.decode()

    assert f">{said}<" in page


def test_an_editor_adds_and_renames_a_service(client, editor):
    before = page_cache.read_generation()
    category = ServiceCategoryFactory()
    sent = {
        "category": category.pk,
        "slug": "zorglubage",
        "position": 3,
        **{f"name_{language}": "Zorglub" for language in ("fr", "de", "en")},
    }

    client.post(reverse("admin:directory_service_add"), sent)
    made = Service.objects.get()
    client.post(
        reverse("admin:directory_service_change", args=[made.pk]),
        sent | {"name_fr": "Autre", "slug": "autre"},
    )

    made.refresh_from_db()
    assert (made.name_fr, made.slug, made.code) == ("Autre", "autre", "web.zorglubage")
    assert set(TermRedirect.objects.values_list("slug", "code", "service")) == {
        ("zorglubage", None, made.pk)
    }
    assert client.get("/annuaire/?service=zorglubage")["Location"] == "/annuaire/?service=autre"
    assert timezone.now() >= made.curated_at
    assert page_cache.read_generation() != before


def test_an_address_that_served_is_refused_in_the_form(client, editor):
    retire(service("zorglubage"), service("b"))
    sent = {"category": ServiceCategoryFactory().pk, "slug": "zorglubage", "position": 1}
    names = {f"name_{language}": "Zorglub" for language in ("fr", "de", "en")}

    page = client.post(reverse("admin:directory_service_add"), sent | names).content.decode()

    assert "a, ou a eu" in page


@pytest.mark.parametrize(
    ("field", "expected"), [("synonyms_fr", []), ("name_fr", ["reindex"]), ("slug", ["reindex"])]
)
def test_the_cards_are_indexed_again_only_for_what_they_show(
    client, editor, rung, *, field, expected, django_capture_on_commit_callbacks
):
    term = service("web.a")
    names = [f"{name}_{code}" for name in ("name", "description", "synonyms") for code in LANGUAGES]
    sent = {name: getattr(term, name) or "" for name in names}
    sent |= {"slug": term.slug, "category": term.category_id, "position": term.position}

    with django_capture_on_commit_callbacks(execute=True):
        response = client.post(
            reverse("admin:directory_service_change", args=[term.pk]), sent | {field: "autre-mot"}
        )

    assert response.status_code == 302
    assert getattr(Service.objects.get(), field) == "autre-mot"
    assert rung == expected


def test_nobody_deletes_a_term_by_the_admin_s_own_page(client, editor):
    term = service("a")

    response = client.post(
        reverse("admin:directory_service_delete", args=[term.pk]), {"post": "yes"}
    )

    assert response.status_code == 403


@pytest.mark.parametrize("count", [1, 4])
def test_the_list_of_services_costs_the_same_queries(
    client, editor, count, django_assert_num_queries
):
    for n in range(count):
        published_card(offers=[service(f"a{n}")])
    address = reverse("admin:directory_service_changelist")
    client.get(address)

    with django_assert_num_queries(LIST_QUERIES):
        client.get(address)


LIST_QUERIES = 7


def test_cards_of_services_are_counted_in_the_list_alone(client, editor, django_assert_num_queries):
    term, other = service("a"), service("b")
    for _ in range(3):
        published_card(offers=[term])
    published_card(offers=[term, other])

    with CaptureQueriesContext(connection) as listed:
        page = client.get(reverse("admin:directory_service_changelist"))
    with CaptureQueriesContext(connection) as opened:
        client.get(reverse("admin:directory_service_change", args=[term.pk]))

    counts = {row.slug: row.card_count for row in page.context["cl"].result_list}
    assert counts == {"a": 4, "b": 1}
    assert any("directory_offer" in query["sql"] for query in listed)
    assert not any("directory_offer" in query["sql"] for query in opened)
