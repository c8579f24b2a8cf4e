"""Every public page: one for everybody, nothing inline, in three languages, constant queries."""

from html.parser import HTMLParser

import pytest
from django.utils.html import escape

from emn.accounts.retention import periods
from emn.lib.templatetags.french import duration

pytestmark = pytest.mark.django_db

PATHS = [
    "",
    "recherche/",
    "recherche/?q=rgpd",
    "accessibilite/",
    "mentions-legales/",
    "donnees-personnelles/",
]
EVERY_PAGE = [f"/{prefix}{path}" for prefix in ("", "de/", "en/") for path in PATHS]


class Inline(HTMLParser):
    """Collects what a strict policy refuses, and the links by their rel."""

    def __init__(self):
        super().__init__()
        self.refused = []
        self.links = []
        self.language = None

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.language = given.get("lang") if tag == "html" else self.language
        if tag == "style" or (tag == "script" and "src" not in given):
            self.refused.append(tag)
        self.refused += [f"{tag} {name}" for name in given if name == "style" or name[:2] == "on"]
        if tag == "link":
            self.links.append(given)


def parse(response):
    parser = Inline()
    parser.feed(response.content.decode())
    return parser


@pytest.mark.parametrize("url", EVERY_PAGE)
def test_page_is_the_same_for_everybody_and_has_nothing_inline(client, url):
    response = client.get(url)

    assert response.status_code == 200
    assert not response.cookies
    assert "Cookie" not in response.get("Vary", "")
    assert response["Cache-Control"].startswith("public")
    page = parse(response)
    assert page.refused == []
    assert page.language == response["Content-Language"]
    assert b"csrfmiddlewaretoken" not in response.content


def test_page_of_a_member_is_that_of_a_stranger(client, django_user_model):
    stranger = client.get("/").content
    client.force_login(django_user_model.objects.create_user("m@emn.example"))

    assert client.get("/").content == stranger


def test_page_names_its_address_and_its_twins(client):
    links = parse(client.get("/de/mentions-legales/")).links

    found = {(e["rel"], e.get("hreflang")): e["href"] for e in links}
    base = "http://127.0.0.1:8000"
    assert found["canonical", None] == f"{base}/de/mentions-legales/"
    assert found["alternate", "fr"] == f"{base}/mentions-legales/"
    assert found["alternate", "en"] == f"{base}/en/mentions-legales/"
    assert found["alternate", "x-default"] == f"{base}/mentions-legales/"


def test_language_switch_keeps_the_question(client):
    html = client.get("/recherche/?q=site+web").content.decode()

    assert 'href="/de/recherche/?q=site+web"' in html


@pytest.mark.parametrize("url", ["/mentions-legales/", "/donnees-personnelles/", "/accessibilite/"])
def test_legal_page_takes_constant_queries(client, url, django_assert_num_queries):
    with django_assert_num_queries(2 if url == "/accessibilite/" else 1):
        client.get(url)


def test_privacy_page_says_that_there_is_no_banner_to_accept(client):
    html = client.get("/donnees-personnelles/").content.decode()

    assert "aucun cookie" in html
    assert "mailto:contact@emn.example" in html


def test_privacy_page_prints_each_retention_period(client):
    html = client.get("/donnees-personnelles/").content.decode()

    for period in periods().values():
        assert escape(period.label) in html
        assert duration(period.days) in html
