"""The files that robots read: robots.txt, sitemap.xml, security.txt."""

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest

pytestmark = pytest.mark.django_db
NS = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "x": "http://www.w3.org/1999/xhtml"}


def test_robots_hides_what_is_not_public_in_each_language(client):
    lines = client.get("/robots.txt").content.decode().splitlines()

    assert lines[0] == "User-agent: *"
    assert lines[-1] == "Sitemap: http://127.0.0.1:8000/sitemap.xml"
    for path in ("/admin/", "/compte/", "/de/compte/", "/en/recherche/"):
        assert f"Disallow: {path}" in lines


def test_sitemap_lists_each_page_in_each_language_with_its_twins(client):
    root = ET.fromstring(client.get("/sitemap.xml").content)  # noqa: S314 -- our own

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


def test_sitemap_ignores_the_host_that_was_asked(client):
    assert (
        b"evil.example" not in client.get("/sitemap.xml", headers={"host": "evil.example"}).content
    )


def test_sitemap_answers_a_page_that_does_not_exist_by_404(client):
    assert client.get("/sitemap.xml?p=99").status_code == 404
    assert client.get("/sitemap.xml?p=x").status_code == 404


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
