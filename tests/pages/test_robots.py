"""The files that robots read: robots.txt, sitemap.xml, security.txt."""

import re
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest

from directory.sitemaps import ProviderSitemap
from emn.lib.sitemaps import PublicSitemap
from emn.pages.sitemaps import PagesSitemap

pytestmark = pytest.mark.django_db
SITE = "http://127.0.0.1:8000"
# A charter, a card, a need or a training leads there: the portal of a test has none.
LINKED_BY_CONTENT = ("/charte/", "/plaintes/", "/devis/", "/formations/reglement-interieur/")
NS = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "x": "http://www.w3.org/1999/xhtml"}


def test_robots_hides_what_is_not_public_in_each_language(client):
    lines = client.get("/robots.txt").content.decode().splitlines()

    assert lines[0] == "User-agent: *"
    assert lines[-1] == "Sitemap: http://127.0.0.1:8000/sitemap.xml"
    for path in ("/admin/", "/compte/", "/de/compte/", "/en/recherche/"):
        assert f"Disallow: {path}" in lines


def _read(client, path):
    return ET.fromstring(client.get(path).content)  # noqa: S314 -- our own


def test_sitemap_names_the_files_of_each_section(client):
    found = [each.text for each in _read(client, "/sitemap.xml").iterfind(".//s:loc", NS)]

    assert found[0] == "http://127.0.0.1:8000/sitemap-pages.xml"
    assert "http://127.0.0.1:8000/sitemap-providers.xml" in found


def test_sitemap_section_lists_each_page_in_each_language_with_its_twins(client):
    root = _read(client, "/sitemap-pages.xml")

    found = {url.findtext("s:loc", namespaces=NS): url for url in root.findall("s:url", NS)}

    for path in ("/", "/de/", "/en/", "/accessibilite/", "/de/accessibilite/"):
        assert f"http://127.0.0.1:8000{path}" in found
    twins = found["http://127.0.0.1:8000/de/accessibilite/"].findall("x:link", NS)
    assert {twin.get("hreflang"): twin.get("href") for twin in twins} == {
        "fr": "http://127.0.0.1:8000/accessibilite/",
        "de": "http://127.0.0.1:8000/de/accessibilite/",
        "en": "http://127.0.0.1:8000/en/accessibilite/",
        "x-default": "http://127.0.0.1:8000/accessibilite/",
    }


def test_every_file_that_the_sitemap_names_is_there(client):
    files = [each.text for each in _read(client, "/sitemap.xml").iterfind(".//s:loc", NS)]

    for file in files:
        found = client.get(file.removeprefix(SITE))
        assert found.status_code == 200, file


@pytest.mark.parametrize("path", ["/sitemap.xml", "/sitemap-pages.xml"])
def test_sitemap_ignores_the_host_that_was_asked(client, path):
    assert b"evil.example" not in client.get(path, headers={"host": "evil.example"}).content


@pytest.mark.parametrize(
    "path", ["/sitemap-pages.xml?p=99", "/sitemap-pages.xml?p=x", "/sitemap-unknown.xml"]
)
def test_sitemap_answers_a_file_that_does_not_exist_by_404(client, path):
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("limit", [1, 2, 4, 15, 50])
def test_files_of_a_section_hold_each_address_once(client, monkeypatch, limit):
    monkeypatch.setattr(PublicSitemap, "limit", limit)
    whole = [
        each.text
        for file in _read(client, "/sitemap.xml").iterfind(".//s:loc", NS)
        if "sitemap-pages" in file.text
        for each in _read(client, file.text).iterfind(".//s:loc", NS)
    ]

    assert len(whole) == len(set(whole)) == 3 * len(PagesSitemap.names)


def test_a_file_reads_only_its_own_cards(django_assert_num_queries):
    with django_assert_num_queries(2):  # how many there are, and the page
        assert list(ProviderSitemap().paginator.page(1)) == []


def test_security_txt_is_complete_and_not_expired(client):
    response = client.get("/.well-known/security.txt")

    fields = dict(line.split(": ", 1) for line in response.content.decode().splitlines())
    left = datetime.fromisoformat(fields.pop("Expires")) - datetime.now(tz=UTC)
    assert timedelta(days=170) < left < timedelta(days=365)
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert fields == {
        "Contact": "mailto:contact@emn.example",
        "Preferred-Languages": "fr, de, en",
        "Canonical": "http://127.0.0.1:8000/.well-known/security.txt",
    }


def test_every_page_that_the_sitemap_names_is_reached_by_links_from_the_first(client):
    files = [each.text for each in _read(client, "/sitemap.xml").iterfind(".//s:loc", NS)]
    named = {
        page.text.removeprefix(SITE)
        for address in files
        for page in _read(client, address.removeprefix(SITE)).iterfind(".//s:loc", NS)
    }
    french = {path for path in named if not path.startswith(("/de/", "/en/"))}
    reached, ahead = {"/"}, ["/"]
    while ahead:
        page = client.get(ahead.pop()).content.decode()
        found = set(re.findall(r'<a [^>]*href="(/(?!de/|en/)[^"?#]*/)["?#]', page)) - reached
        reached |= found
        ahead += found

    left = french - reached
    assert {path for path in left if not path.startswith(LINKED_BY_CONTENT)} == set()
