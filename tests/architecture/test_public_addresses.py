"""Each public page is on the map of the site, names its twins in the other languages and itself.

A page that is none of these says so here, with the reason.
"""

import re
from xml.etree import ElementTree as ET

import pytest
from django.conf import settings
from django.urls import resolve
from django.utils.translation import override

from emn.lib import access, sitemaps
from tests.architecture.urls import every_page

pytestmark = pytest.mark.django_db

# Pages with a row each: the section of the map that lists them.
BY_ROW = {
    "content:page": "content", "news:news": "news", "help:answer": "help",
    "directory:provider": "providers", "places:place": "places", "algorithm": "algorithm",
    "events:session": "sessions", "trainings:training": "trainings", "clubs:club": "clubs",
    "clusters:cluster": "clusters", "bridge:ad": "ads",
    "rendezvous:evening": "rendezvous", "showrooms:showroom": "showroom-rooms",
    "showrooms:demonstration": "demonstrations", "observatory:indicator": "indicators",
    "publications:publication": "publications", "mailings:archive": "letters",
}  # fmt: skip
# Lists that such a section names beside its rows.
WITH_ROWS = {
    "observatory:index": "indicators", "rendezvous:home": "rendezvous", "clubs:list": "clubs",
    "mailings:archives": "letters",
}  # fmt: skip
ONE_VISITOR = "it says that something was sent, or serves one visitor"
# Public addresses that are no page of the map, and why.
NOT_LISTED = {
    "a part of a page that is listed": {
        "directory:reviews", "directory:trust", "observatory:communes", "observatory:release",
        "charter:signatory", "charter:version", "rendezvous:irritant", "showrooms:call",
        "surveys:thermometer",
    },
    ONE_VISITOR: {
        "search", "directory:compare", "directory:favourites", "directory:alert_asked",
        "complaints:sent", "needs:sent", "oneshot:called", "reviews:sent", "events:held",
        "events:in_line", "trainings:received", "clubs:asked", "rendezvous:irritant_sent",
        "mailings:subscribed", "clubs:minutes", "bridge:sent",
    },
    "it leads elsewhere": {"algorithms", "open_data:dataset", "solidarity", "mailings:link"},
    "a frame for other sites": {
        "observatory:embedded", "widgets:directory", "widgets:agenda",
    },
    "not a page: data, a feed, a file, a script": {
        "health", "ready", "picture", "robots", "sitemap", "sitemap_section", "security",
        "news:rss", "news:atom", "directory:suggestions", "directory:trust_json",
        "charter:register_csv", "charter:register_json", "charter:audits_json",
        "complaints:decisions_csv", "complaints:decisions_json", "quotes:blank", "places:csv",
        "places:json", "agenda_calendar", "events:rss", "events:theme_calendar",
        "events:room_calendar", "events:door_worker", "events:session_calendar",
        "diagnostics:paper", "diagnostics:interview_worker", "observatory:release_csv",
        "observatory:release_json", "observatory:picture", "observatory:csv", "observatory:json",
        "publications:feed", "publications:document", "publications:table", "publications:data",
        "open_data:rdf", "open_data:json_ld", "open_data:file", "open_data:schema",
        "mailings:archive_feed", "clubs:minutes_file",
    },
}  # fmt: skip
LANGUAGES = [code for code, _name in settings.LANGUAGES]
XML = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "x": "http://www.w3.org/1999/xhtml"}
LISTED = sorted({name for each in sitemaps.sections for name in each.sitemap.names} | {*WITH_ROWS})
PUBLIC = {page.name: page for page in every_page() if access.access_of(page.view) == access.PUBLIC}


def head(client, path):
    return client.get(path).content.decode().split("</head>")[0]


def twins(page):
    return dict(re.findall(r'<link rel="alternate" hreflang="([\w-]+)" href="(.*?)">', page))


def prefixed(language, path):
    return path if language == settings.LANGUAGE_CODE else f"/{language}{path}"


def test_every_public_address_is_on_the_map_or_says_why_not():
    decided = {*LISTED, *BY_ROW}.union(*NOT_LISTED.values())
    public = {name for name in PUBLIC if not name.startswith("api:")}

    assert sorted(public - decided) == []


def test_nothing_is_decided_of_an_address_that_is_gone_nor_twice():
    names = {page.name for page in every_page()}
    groups = [set(LISTED), set(BY_ROW), *NOT_LISTED.values()]

    assert sorted(set().union(*groups) - names) == []
    assert sum(map(len, groups)) == len(set().union(*groups))


def test_each_section_with_rows_exists():
    assert {*BY_ROW.values(), *WITH_ROWS.values()} <= {each.key for each in sitemaps.sections}


@pytest.mark.parametrize("name", LISTED)
def test_a_listed_page_names_itself_and_its_twins(client, name):
    path = next(page.path for page in every_page() if page.name == name)
    for language in LANGUAGES:
        own = prefixed(language, path)
        page = head(client, own)

        assert f'<link rel="canonical" href="{settings.PUBLIC_URL}{own}">' in page
        assert twins(page) == {
            code: f"{settings.PUBLIC_URL}{prefixed(code, path)}" for code in LANGUAGES
        } | {"x-default": f"{settings.PUBLIC_URL}{path}"}
        assert "noindex" not in page
        assert re.search(r'<meta name="description" content="[^"]{40,}">', page)
        assert re.search(r"<title>[^<]+</title>", page)


@pytest.mark.parametrize("name", sorted(NOT_LISTED[ONE_VISITOR]))
def test_a_page_of_one_visitor_asks_not_to_be_kept(client, name):
    answer = client.get(PUBLIC[name].path)

    assert answer.status_code == 404 or "noindex" in answer.content.decode().split("</head>")[0]


def test_what_the_map_lists_answers_in_each_language_and_is_public(client):
    for section in sitemaps.sections:
        root = ET.fromstring(client.get(f"/sitemap-{section.key}.xml").content)  # noqa: S314 -- our own
        for url in root.iterfind("s:url", XML):
            address = url.find("s:loc", XML).text.removeprefix(settings.PUBLIC_URL)
            codes = {link.get("hreflang") for link in url.iterfind("x:link", XML)}
            assert codes == {*LANGUAGES, "x-default"}, address
            with override(next((code for code in LANGUAGES if f"/{code}/" in address[:4]), "fr")):
                assert access.access_of(resolve(address).func) in {access.PUBLIC, access.OPEN_FORM}
