"""Pages of error stand without database, session or request."""

import pytest
from django.test import Client, RequestFactory

from emn import home


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        (lambda r: home.bad_request(r, ValueError()), 400, "pas compris"),
        (lambda r: home.permission_denied(r, PermissionError()), 403, "pas ouverte"),
        (home.csrf_failure, 403, "pas pu être envoyé"),
        (lambda r: home.page_not_found(r, LookupError()), 404, "pas de page"),
        (home.server_error, 500, "panne"),
    ],
)
def test_error_page_needs_neither_database_nor_session(answer, status, words):
    response = answer(RequestFactory().get("/x/"))

    assert response.status_code == status
    assert words in response.content.decode()
    assert "noindex" in response.content.decode()


@pytest.mark.django_db
def test_unknown_address_offers_to_search(client):
    response = client.get("/n-existe-pas/")

    assert response.status_code == 404
    assert 'action="/recherche/"' in response.content.decode()


@pytest.mark.django_db
def test_unknown_german_address_answers_in_german_frame(client):
    html = client.get("/de/n-existe-pas/").content.decode()

    assert '<html lang="de">' in html
    assert 'action="/de/recherche/"' in html


@pytest.mark.django_db
def test_form_without_its_token_is_refused_with_what_to_do():
    response = Client(enforce_csrf_checks=True).post("/compte/connexion/", {"login": "a@b.example"})

    assert response.status_code == 403
    assert "Rechargez-la" in response.content.decode()
