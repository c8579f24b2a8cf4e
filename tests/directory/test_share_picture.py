"""The picture that a card shows where its address is shared."""

from io import BytesIO

import pytest
from django.core.files.storage import default_storage
from PIL import Image

from directory.models import Provider
from directory.services import providers as services
from directory.services import sharing
from directory.tasks import draw_missing_pictures
from tests.directory.factories import NOW, UserFactory, published_card

pytestmark = pytest.mark.django_db


def test_the_picture_is_drawn_once_shown_and_drawn_again_when_the_name_changes(client):
    owner = UserFactory()
    card = published_card(owner=owner)
    before = client.get(card.get_absolute_url()).content.decode()

    drawn = [sharing.draw_share_picture(provider_id=card.pk) for _ in range(2)]
    first = Provider.objects.get().share_picture
    page = client.get(card.get_absolute_url()).content.decode()
    file = client.get(f"/media/{first}")
    services.edit_card(provider_id=card.pk, user_id=owner.pk, values={"name": "Autre"}, now=NOW)
    sharing.draw_share_picture(provider_id=card.pk)
    second = Provider.objects.get().share_picture

    assert drawn == [True, False]
    assert "og:image" not in before
    assert f'content="http://127.0.0.1:8000/media/{first}"' in page
    assert file["Content-Type"] == "image/png"
    assert Image.open(BytesIO(b"".join(file.streaming_content))).size == (1200, 630)
    assert second != first
    assert not default_storage.exists(first)


def test_a_change_that_the_picture_does_not_show_draws_nothing(
    monkeypatch, django_capture_on_commit_callbacks
):
    asked = []
    monkeypatch.setattr("directory.tasks.draw_share_picture.delay", asked.append)
    owner = UserFactory()
    with django_capture_on_commit_callbacks(execute=True):
        card = published_card(owner=owner)
    sharing.draw_share_picture(provider_id=card.pk)

    with django_capture_on_commit_callbacks(execute=True):
        services.edit_card(provider_id=card.pk, user_id=owner.pk, values={"phone": "1"}, now=NOW)
    with django_capture_on_commit_callbacks(execute=True):
        services.edit_card(provider_id=card.pk, user_id=owner.pk, values={"name": "B"}, now=NOW)

    assert asked == [card.pk, card.pk]


def test_a_card_that_is_not_public_has_no_picture():
    card = published_card()
    services.hide_card(provider_id=card.pk, reason="Motif.", now=NOW)

    assert not sharing.draw_share_picture(provider_id=card.pk)
    assert not sharing.draw_share_picture(provider_id=card.pk + 1)


def test_the_night_makes_up_for_a_lost_task():
    published_card()

    draw_missing_pictures()

    assert sharing.cards_without_picture(limit=10) == []
