"""No message tells who opened it, and no link who clicked (R2.06, R2.07)."""

import re
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from django.conf import settings

from emn.mailings import letters as letters_of
from tests.mailings import letters
from tests.mailings.letters import NOW, reader
from tests.mailings.test_campaign_delivery import no_bells, started  # noqa: F401 -- a fixture

TEMPLATES = sorted(
    path for path in Path(settings.BASE_DIR).glob("templates/**/emails/*.html") if path.is_file()
)


@pytest.mark.parametrize("path", TEMPLATES, ids=[path.stem for path in TEMPLATES])
def test_no_message_of_service_asks_anything_of_a_server_when_it_is_opened(path):
    assert not re.search(r"<img|url\(|<link|@import", path.read_text(encoding="utf-8"))


@pytest.mark.django_db(transaction=True)
def test_two_readers_get_the_same_letter_but_for_their_own_ways_out():
    for _n in range(2):
        reader()
    letter = letters.written(text="Voir https://www.service-public.fr/ et le portail.")
    started(letter)
    prepared = letters_of.prepare(letter.editions.select_related("campaign__list").get())

    pages = []
    for row in letter.deliveries.select_related("subscriber").order_by("pk"):
        person = letters_of.Person(row.subscriber.email, row.subscriber_id, row.pk)
        message = message_from_bytes(prepared.of(person, date=NOW), policy=policy.default)
        html = message.get_body(("html",)).get_content()
        pages.append(re.sub(r"/lettre/(desinscription|preferences)/[a-z2-7]{32}/", "", html))

    assert pages[0] == pages[1]
    assert "service-public.fr" in pages[0] or "/lettre/l/" in pages[0]
