"""What is too large for the portal is refused before anything reads it."""

import pytest

from emn.lib.body_limit import BodyLimitMiddleware

LIMIT = 12 * 1024 * 1024


@pytest.fixture
def unreachable():
    """The middleware in front of a portal that nothing may reach."""

    def fail(_request):
        raise AssertionError("the request was let through")

    return BodyLimitMiddleware(fail)


@pytest.fixture
def open_to():
    return BodyLimitMiddleware(lambda _request: None)


def test_a_body_beyond_the_limit_is_refused_unread(client):
    """Whatever its address, with or without an account: the form is never parsed."""
    response = client.post("/compte/connexion/", CONTENT_LENGTH=str(3 * 1024**3))

    assert response.status_code == 413
    assert "12 Mo au plus" in response.content.decode()
    assert "Content-Security-Policy" in response.headers


def test_it_is_said_in_the_language_of_the_address(client):
    response = client.post("/de/compte/connexion/", CONTENT_LENGTH=str(LIMIT + 1))

    assert response.status_code == 413
    assert '<html lang="de">' in response.content.decode()


def test_a_posted_body_must_say_its_length(rf, unreachable):
    response = unreachable(rf.generic("POST", "/", headers={"Transfer-Encoding": "chunked"}))

    assert response.status_code == 413


@pytest.mark.parametrize("length", ["", "0", str(LIMIT)])
def test_what_the_portal_may_read_is_let_through(rf, open_to, length):
    assert open_to(rf.generic("POST", "/", CONTENT_LENGTH=length)) is None
