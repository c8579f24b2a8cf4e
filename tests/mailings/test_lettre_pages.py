"""The pages under /lettre/: no cookie, no oracle, nothing by GET, one click for the mailbox."""

import re

import pytest
from django.test import Client

from emn.mailings import links, tokens
from emn.mailings.models import (
    ConsentRecord,
    MailingList,
    OutboundEmail,
    Subscriber,
    Subscription,
    Suppression,
)
from emn.mailings.services.lists import sync_lists
from emn.territory.models import Commune, Epci
from tests.mailings.conftest import NOW
from tests.mailings.subscribing import (
    EMAIL,
    ask,
    filled,
    list_of,
    subscribed,
    token_for,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]


@pytest.fixture
def visitor():
    """A browser that refuses every cookie and checks the forms as production does."""
    return Client(enforce_csrf_checks=True)


@pytest.fixture(autouse=True)
def lists():
    sync_lists(write=True)


def path_of(url):
    return "/" + url.split("/", 3)[3]


def confirm_path(subscriber, *codes):
    return f"/lettre/confirmer/{token_for(subscriber, *codes)}/"


def statuses():
    return list(Subscription.objects.order_by("list__position").values_list("status", flat=True))


# --- Asking ---


def test_the_form_offers_the_public_lists_and_ticks_none(visitor):
    MailingList.objects.filter(code="enquetes").update(is_public=False)

    html = visitor.get("/lettre/").content.decode()

    assert re.findall(r'name="lists" value="(\w+)"', html) == [
        "lettre",
        "formations",
        "prestataires",
    ]
    assert " checked" not in html
    assert "Espace Moselle Numérique garde l’adresse" in html
    assert 'href="/donnees-personnelles/"' in html


@pytest.mark.parametrize("prefix", ["", "/de", "/en"])
def test_the_page_is_in_its_language_and_so_is_the_letter(visitor, prefix):
    html = visitor.get(f"{prefix}/lettre/").content.decode()

    language = prefix.strip("/") or "fr"
    assert f'<option value="{language}" selected>' in html
    assert {"fr": "La lettre", "de": "Der Newsletter", "en": "The newsletter"}[language] in html


def test_the_form_costs_few_queries(visitor, django_assert_num_queries):
    with django_assert_num_queries(
        4
    ):  # lists, territories, topics, and the state of accessibility at the foot
        visitor.get("/lettre/")


def test_territories_are_those_of_the_departement(visitor):
    for siren, name, departement in (("200000001", "B", "57"), ("200000002", "A", "57"),
                                     ("200000003", "C", "54")):  # fmt: skip
        epci = Epci.objects.create(siren=siren, name=name, kind="CC")
        Commune.objects.create(insee_code=f"{departement}{siren[-3:]}", name=name, epci=epci,
                               name_folded=name, postcodes=[], departement_code=departement,
                               population=1, area_km2=1, latitude=49, longitude=6)  # fmt: skip

    html = visitor.get("/lettre/").content.decode()

    assert re.findall(r'<option value="(2\d+)">(\w)</option>', html) == [
        ("200000002", "A"),
        ("200000001", "B"),
    ]


def test_sending_asks_and_answers_the_same_for_every_address(visitor):
    subscribed()
    Suppression.objects.create(
        mailbox_hash=subscribed(email="b@boulangerie.example").mailbox_hash,
        reason="complaint",
        created_at=NOW,
    )

    answers = [
        visitor.post("/lettre/", filled(email=email, topics=["ia"]))
        for email in (EMAIL, "b@boulangerie.example", "nouvelle@boulangerie.example")
    ]

    assert {(answer.status_code, answer["Location"]) for answer in answers} == {
        (302, "/lettre/merci/")
    }
    assert [dict(answer.cookies) for answer in answers] == [{}, {}, {}]
    assert Subscriber.objects.get(email="nouvelle@boulangerie.example").topics == ["ia"]
    assert ConsentRecord.objects.latest("pk").form_url.endswith("/lettre/")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"lists": []}, "Cochez au moins une ligne."),
        ({"lists": ["inconnue"]}, "inconnue"),
        ({"lists": ["\x00"]}, "nul"),
        ({"email": "lea\x00@boulangerie.example"}, "nul"),
        ({"topics": ["\x00"]}, "Sélectionnez"),
        ({"email": "lea"}, "adresse"),
        ({"email": '"lea\\ b"@boulangerie.example'}, "sans guillemets"),
        ({"email": f"{'a' * 64}@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 60}.example"}, "254"),
        ({"epci_code": "1"}, "Sélectionnez"),
        ({"topics": ["x"]}, "Sélectionnez"),
        ({"language": "xx"}, "Sélectionnez"),
        ({"website": "https://robot.example"}, "trop rapide"),
    ],
)
def test_what_makes_no_sense_comes_back_with_a_sentence(visitor, changed, said):
    page = visitor.post("/lettre/", filled(**changed))

    assert page.status_code == 200
    assert said in page.content.decode()
    assert (Subscriber.objects.count(), OutboundEmail.objects.count()) == (0, 0)


def test_the_field_at_the_foot_of_a_page_only_brings_the_address(visitor):
    foot = visitor.get("/mentions-legales/").content.decode()
    assert 'method="post" action="/lettre/"' in foot

    page = visitor.post("/lettre/", {"email": EMAIL})

    html = page.content.decode()
    assert (page.status_code, f'value="{EMAIL}"' in html) == (200, True)
    assert ("errorlist" in html, " checked" in html) == (False, False)
    assert OutboundEmail.objects.count() == 0
    assert "no-store" in page["Cache-Control"]


def test_the_pages_of_the_letter_do_not_ask_twice(visitor):
    assert "subscribe-field" not in visitor.get("/de/lettre/").content.decode()


def test_the_home_page_and_the_search_lead_there(visitor):
    assert visitor.get("/").content.decode().count('action="/lettre/"') == 1
    assert 'href="/lettre/"' in visitor.get("/recherche/?q=newsletter").content.decode()
    assert "/de/lettre/</loc>" in visitor.get("/sitemap-pages.xml").content.decode()


# --- Confirming ---


def test_a_scanner_that_opens_the_links_of_a_message_changes_nothing(visitor):
    subscriber = ask("lettre")
    mail = OutboundEmail.objects.get()
    found = {path_of(url) for url in re.findall(r"https?://\S+/lettre/[^\s\"<]+", mail.html_body)}

    assert [visitor.get(path).status_code for path in found] == [200]
    assert [visitor.head(path).status_code for path in found] == [200]
    assert (statuses(), subscriber.subscriptions.confirmed().count()) == (["pending"], 0)


def test_the_button_confirms_and_the_page_says_what_comes(visitor):
    path = confirm_path(ask("lettre"))
    asked = visitor.get(path).content.decode()
    assert ("data-emn-confirm" in asked, "js/confirm.js" in asked) == (True, True)

    done = [visitor.post(path) for _press in range(2)]

    assert [page.status_code for page in done] == [200, 200]
    assert statuses() == ["confirmed"]
    html = done[1].content.decode()
    assert ("abonnement commence" in html, "data-emn-confirm" in html) == (True, False)
    assert dict(done[0].cookies) == {}
    assert ConsentRecord.objects.latest("pk").form_url.endswith("/lettre/confirmer/")


def test_an_old_link_says_that_it_has_served(visitor):
    subscriber = subscribed()
    visitor.post(path_of(links.unsubscribe_url(subscriber)))

    html = visitor.post(confirm_path(subscriber)).content.decode()

    assert ("a déjà servi" in html, statuses()) == (True, ["ended"])


# --- Choosing ---


def test_preferences_show_what_is_received_and_write_what_is_chosen(visitor):
    MailingList.objects.filter(code="enquetes").update(is_public=False)
    subscriber = subscribed("lettre", "enquetes", topics=["ia"], language="de")
    path = path_of(links.preferences_url(subscriber)).removeprefix("/de")
    html = visitor.get(path).content.decode()
    assert re.findall(r'value="(\w+)"[^>]* checked', html) == ["lettre", "enquetes", "ia"]

    page = visitor.post(path, {"lists": ["lettre", "formations"], "language": "fr"})

    assert "C’est enregistré." in page.content.decode()
    assert statuses() == ["confirmed", "confirmed", "ended"]
    subscriber.refresh_from_db()
    assert (subscriber.language, subscriber.topics) == ("fr", [])
    assert ConsentRecord.objects.filter(form_url__contains=path.split("/")[-2]).count() == 0


def test_ticking_nothing_leaves_everything(visitor):
    path = path_of(links.preferences_url(subscribed("lettre", "formations")))

    page = visitor.post(path, {"language": "fr"})

    assert "plus aucun envoi" in page.content.decode()
    assert statuses() == ["ended", "ended"]


def test_preferences_say_that_an_address_is_blocked(visitor):
    subscriber = subscribed()
    path = path_of(links.preferences_url(subscriber))
    assert "sont arrêtés" not in visitor.get(path).content.decode()
    Suppression.objects.create(mailbox_hash=subscriber.mailbox_hash, reason="hard", created_at=NOW)

    assert "sont arrêtés" in visitor.get(path).content.decode()


def test_objecting_erases_and_the_page_is_no_more(visitor):
    path = path_of(links.preferences_url(subscribed()))

    page = visitor.post(path, {"object": "1"})

    assert "est effacée" in page.content.decode()
    assert Subscriber.objects.count() == 0
    assert visitor.get(path).status_code == 404


def test_staying_needs_the_button(visitor):
    path = path_of(links.renew_url(subscribed()))

    visitor.get(path)
    assert not ConsentRecord.objects.filter(act="renewed").exists()
    page = visitor.post(path)

    assert "Votre abonnement continue" in page.content.decode()
    assert ConsentRecord.objects.filter(act="renewed").count() == 1


# --- Leaving: R3.03, RFC 8058 ---


ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def one_click_path(subscriber, list_id=0):
    return path_of(links.one_click_url(tokens.make(tokens.LIST, subscriber.pk, list_id)))


def test_the_mailbox_leaves_one_list_by_one_click_without_cookie_nor_redirect(visitor):
    subscriber = subscribed("lettre", "formations")
    path = one_click_path(subscriber, list_of("lettre").pk)

    clicks = [visitor.post(path, ONE_CLICK) for _click in range(2)]

    assert [(page.status_code, dict(page.cookies)) for page in clicks] == [(200, {}), (200, {})]
    assert statuses() == ["ended", "confirmed"]
    last = ConsentRecord.objects.latest("pk")
    assert (last.act, last.method, last.list) == ("withdrawn", "one_click", list_of("lettre"))


def test_the_mailbox_may_also_send_its_word_url_encoded(visitor):
    path = one_click_path(subscribed())

    page = visitor.post(
        path, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded"
    )

    assert (page.status_code, statuses()) == (200, ["ended"])
    assert ConsentRecord.objects.latest("pk").method == "one_click"


def test_a_scanner_leaves_nothing_and_a_person_leaves_by_the_button(visitor):
    subscriber = subscribed("lettre", "formations")
    path = path_of(links.unsubscribe_url(subscriber, list_of("lettre").pk))

    asked = visitor.get(path).content.decode()
    assert ("Me désinscrire" in asked, statuses()) == (True, ["confirmed", "confirmed"])
    done = visitor.post(path).content.decode()

    assert ("Votre désinscription est faite" in done, statuses()) == (True, ["ended", "confirmed"])
    assert ConsentRecord.objects.latest("pk").method == "link"
    everything = re.search(r'action="[^"]+(/lettre/desinscription/[^"]+)"', done)[1]
    visitor.post(everything)
    assert statuses() == ["ended", "ended"]


@pytest.mark.parametrize(("language", "title"), [("fr", "Se désinscrire"), ("de", "Sich abmelden")])
def test_whoever_opens_the_address_of_the_button_reads_the_page_in_their_language(
    visitor, language, title
):
    path = one_click_path(subscribed(language=language))

    page = visitor.get(path).content.decode()

    assert f'<html lang="{language}">' in page
    assert f"<h1>{title}</h1>" in page
    assert statuses() == ["confirmed"]


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("is_short", [False, True])
def test_who_is_erased_is_told_the_same(visitor, method, is_short):
    subscriber = subscribed()
    path = one_click_path(subscriber) if is_short else path_of(links.unsubscribe_url(subscriber))
    Subscriber.objects.all().delete()

    page = getattr(visitor, method)(path)

    assert (page.status_code, "Votre désinscription est faite" in page.content.decode()) == (
        200,
        True,
    )


@pytest.mark.parametrize(
    "path",
    [
        "/lettre/confirmer/x/",
        "/lettre/preferences/x/",
        "/lettre/rester/x/",
        "/lettre/desinscription/x/",
        "/u/x",
    ],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_wrong_secret_opens_nothing(visitor, path, method):
    assert getattr(visitor, method)(path).status_code == 404


def test_a_secret_opens_only_what_it_was_made_for(visitor):
    subscriber = subscribed()
    preferences = tokens.make(tokens.PREFERENCES, subscriber.pk)
    leave = tokens.make(tokens.LIST, subscriber.pk, 0)

    assert visitor.get(f"/lettre/desinscription/{preferences}/").status_code == 404
    assert visitor.get(f"/lettre/preferences/{leave}/").status_code == 404
    assert visitor.get(f"/lettre/confirmer/{preferences}/").status_code == 404
