"""Every URL says who may open it, and does what it says."""

import re

import pytest
from django.conf import settings

from emn.lib import access
from tests.architecture.urls import every_page

PAGES = list(every_page())
CLASSES = {access.PUBLIC, access.OPEN_FORM, access.MEMBER, access.TOKEN, access.STAFF}
# What an anonymous visitor may get by GET, by class.
ANSWERS = {
    access.PUBLIC: {200, 301, 302, 404},
    access.OPEN_FORM: {200, 302, 401, 404, 405},
    access.MEMBER: {302},
    access.TOKEN: {200, 404},
    access.STAFF: {302},
}


def class_of(page):
    return (access.access_of(page.view) or "").partition(":")[0]


@pytest.mark.parametrize("language", [code for code, _name in settings.LANGUAGES])
def test_every_url_declares_its_access(language):
    silent = [page.path for page in every_page(language) if class_of(page) not in CLASSES]

    assert silent == []


@pytest.mark.django_db
@pytest.mark.parametrize("page", PAGES, ids=[page.path for page in PAGES])
def test_anonymous_gets_what_is_declared(client, page):
    declared = class_of(page)

    response = client.get(page.path)

    # No clock runs here, and the probe says so.
    assert response.status_code in ANSWERS[declared] | ({503} if page.name == "ready" else set())
    caching = response.headers.get("Cache-Control", "")
    if declared == access.PUBLIC:
        assert not response.cookies
        assert "Cookie" not in response.headers.get("Vary", "")
    elif declared in {access.MEMBER, access.STAFF}:
        assert re.match(r"/compte/connexion/|/admin/(login/.*)?$", response["Location"])
    if declared != access.PUBLIC and response.status_code < 400:
        assert "no-store" in caching


def test_a_silent_view_is_seen():
    def view(_request):
        return None

    assert access.access_of(view) is None
