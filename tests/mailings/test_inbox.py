"""The demonstration's inbox: what was sent can be read, and only in the demonstration."""

import uuid

import pytest
from django.urls import reverse

from emn.mailings.services import outbox as services
from tests.mailings.conftest import NOW, queue

pytestmark = pytest.mark.django_db


@pytest.fixture
def letter():
    """Send a letter, and give its key in the inbox."""
    email = queue(template="letters/welcome", context={"name": "Zoé", "season": "été"})
    services.deliver(email_id=email.pk, now=NOW)
    return uuid.UUID(email.message_id.strip("<>").partition("@")[0])


def test_list_shows_what_was_sent(client, letter):
    response = client.get(reverse("inbox:letter_list"))

    assert "Bienvenue à l’atelier d’été &amp; co" in response.text
    assert "alice@firm.example" in response.text
    assert "no-store" in response["Cache-Control"]


def test_list_says_what_to_do_when_nothing_was_sent(client):
    assert "Aucun courriel" in client.get(reverse("inbox:letter_list")).text


def test_letter_shows_its_text_with_links_to_follow(client, letter):
    response = client.get(reverse("inbox:letter_detail", args=[letter]))

    assert 'href="http://127.0.0.1:8000/"' in response.text
    assert f'src="{reverse("inbox:letter_html", args=[letter])}"' in response.text
    assert "frame-src 'self'" in response["Content-Security-Policy"]


def test_page_of_a_letter_is_shut_in_a_frame_without_script(client, letter):
    response = client.get(reverse("inbox:letter_html", args=[letter]))

    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "sandbox allow-popups" in policy
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    assert '<a target="_top" ' in response.text


def test_unknown_letter_is_not_found(client):
    for name in ["letter_detail", "letter_html"]:
        assert client.get(reverse(f"inbox:{name}", args=[uuid.uuid4()])).status_code == 404


def test_inbox_exists_only_in_the_demonstration(client, letter, settings):
    settings.DEMO = False

    for address in [
        reverse("inbox:letter_list"),
        reverse("inbox:letter_detail", args=[letter]),
        reverse("inbox:letter_html", args=[letter]),
    ]:
        assert client.get(address).status_code == 404
