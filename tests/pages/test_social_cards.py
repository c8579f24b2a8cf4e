"""Each page that people share names a picture, drawn ahead by a worker."""

import re
from contextlib import nullcontext
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.utils import timezone, translation

from directory.models import Place
from emn.lib import page_cache
from emn.lib.social_cards import Words, file_of, sources
from emn.pages import share
from emn.pages.enums import PageKind
from emn.pages.models import Page, SocialCard
from emn.pages.services import cards
from emn.pages.tasks import draw_social_cards
from observatory.models import Publication
from tests.directory.factories import CommuneFactory, published_card
from tests.events import factories as events

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]
NOW = timezone.now()


@pytest.fixture(autouse=True)
def told(monkeypatch):
    """Look up whether a picture is drawn, as outside a transaction; draw quickly."""
    monkeypatch.setattr(share, "generations", SimpleNamespace(now=lambda: (1, 1)))
    monkeypatch.setattr(cards, "draw", lambda words: words.title.encode())


def place(number=1):
    CommuneFactory()
    return Place.objects.create(
        reference=f"lieu-{number}", slug=f"lieu-{number}", pivot="434933123", name=f"Lieu {number}",
        address="1", commune_id="57630", postcode="57400", updated_on=NOW.date(), origin="Essai",
    )  # fmt: skip


def shared(client, path):
    """Return the file that a page names as its picture, and its other facts."""
    page = client.get(path).content.decode()
    found = dict(
        re.findall(r'<meta (?:property|name)="((?:og|twitter):[\w:]+)" content="(.*?)">', page)
    )
    image = found.pop("og:image", "")
    return image.rpartition("/media/")[2], found


def test_every_kind_of_page_shows_its_own_picture_in_each_language(client, make_page, translate):
    page = make_page("centre", title="Le centre")
    translate(page, "de", title="Das Zentrum")
    make_page("ouverture", kind=PageKind.NEWS, title="Ouverture")
    session = events.published(now=NOW, starts_at=NOW + timedelta(days=9))
    spot = place()
    study = Publication.objects.create(
        kind="study", title="Étude", summary="Deux phrases.", reference="emn-2026-1",
        published_at=NOW,
    )  # fmt: skip
    for language in ("fr", "de", "en"):
        study.documents.create(
            language=language, number=1, made_at=NOW, content=b"%PDF", sha256="a" * 64, size_bytes=4
        )
    cards.draw_missing(now=NOW)
    paths = [
        "/pages/centre/", "/actualites/ouverture/", session.get_absolute_url(),
        spot.get_absolute_url(), study.get_absolute_url(), "/observatoire/etablissements-tic/",
    ]  # fmt: skip

    with translation.override("fr"):
        general = share.general().file
    for prefix in ("", "/de", "/en"):
        files = [shared(client, prefix + path)[0] for path in paths]
        assert len(set(files)) == len(paths)
        assert general not in files
        assert all(default_storage.exists(file) for file in files)
    assert shared(client, "/pages/centre/") != shared(client, "/de/pages/centre/")
    assert shared(client, "/")[0] == general


def test_the_page_says_what_those_who_show_it_need(client, make_page):
    make_page("centre", title="Ça & <b>là</b>")
    cards.draw_missing(now=NOW)

    image, facts = shared(client, "/pages/centre/")

    title = "Ça &amp; &lt;b&gt;là&lt;/b&gt;"
    assert image.startswith("cartes/")
    assert facts["og:title"] == title
    assert facts["og:description"] == "Résumé."
    assert facts["og:image:alt"] == f"{title}, Résumé."
    assert (facts["og:image:width"], facts["og:image:height"]) == ("1200", "630")
    assert facts["twitter:card"] == "summary_large_image"


def test_a_page_whose_picture_is_not_drawn_shows_the_centres(client, make_page):
    call_command("draw_social_cards", stdout=SimpleNamespace(write=lambda _said: None))
    make_page("centre", title="Le centre")

    assert shared(client, "/pages/centre/")[0] == share.general().file
    assert shared(client, "/lettre/")[0] == share.general().file


def test_without_any_picture_the_page_names_none(client):
    image, facts = shared(client, "/")

    assert image == ""
    assert "twitter:card" not in facts
    assert facts["og:title"]


def test_a_card_of_a_provider_without_picture_shows_the_centres(client):
    card = published_card()
    before = shared(client, card.get_absolute_url())[0]
    cards.draw_general(now=NOW)

    assert before == ""
    assert shared(client, card.get_absolute_url())[0] == share.general().file


def test_a_page_with_a_picture_of_its_own_shows_that(client, make_page):
    page = make_page("centre")
    page.picture, page.alt_fr = "pages/1.webp", "Une porte"
    page.picture_width, page.picture_height = 800, 600
    page.save()
    cards.draw_missing(now=NOW)

    image, facts = shared(client, "/pages/centre/")

    assert image == "pages/1.webp"
    assert facts["og:image:width"] == "800"


def test_a_picture_that_no_page_wants_goes_after_a_month(make_page):
    page = make_page("centre", title="Avant")
    with translation.override("fr"):
        before = Words(section="", title="Avant", line="Résumé.").file
    cards.draw_missing(now=NOW)
    Page.objects.filter(pk=page.pk).update(shown_until=timezone.now())

    cards.draw_missing(now=NOW + timedelta(days=29))
    kept = default_storage.exists(before)
    cards.draw_missing(now=NOW + timedelta(days=31))

    assert kept
    assert not default_storage.exists(before)
    assert file_of(SocialCard.objects.get(pk=share.general().digest).pk) == share.general().file
    assert default_storage.exists(share.general().file)


def test_a_picture_that_went_is_named_no_more(client, make_page):
    page = make_page("centre", title="Avant")
    cards.draw_missing(now=NOW)
    own = shared(client, "/pages/centre/")[0]
    Page.objects.filter(pk=page.pk).update(shown_until=timezone.now())
    cards.draw_missing(now=NOW + timedelta(days=31))
    Page.objects.filter(pk=page.pk).update(shown_until=None)

    assert own != share.general().file
    assert shared(client, "/pages/centre/")[0] == share.general().file


def test_nothing_is_drawn_twice_and_pages_are_told_once(make_page, monkeypatch):
    make_page("centre")
    draw_social_cards()
    said = page_cache.read_generation()
    monkeypatch.setattr(cards, "draw", pytest.fail)

    draw_social_cards()

    assert page_cache.read_generation() == said


def test_at_most_so_many_are_drawn_at_once(make_page):
    make_page("centre")

    assert cards.draw_missing(now=NOW, limit=2) == 2
    assert SocialCard.objects.count() == 2


def test_inside_a_transaction_nothing_is_looked_up(monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(share, "generations", SimpleNamespace(now=lambda: None))

    with django_assert_num_queries(0):
        assert share.picture(None) is None


def test_a_picture_that_is_known_costs_no_query(django_assert_num_queries):
    cards.draw_general(now=NOW)
    share.picture(None)

    with django_assert_num_queries(0):
        assert share.picture(None) == share.general()


def test_each_source_reads_as_much_for_one_row_as_for_three(django_assert_num_queries, make_page):
    counts = []
    for number in range(3):
        make_page(f"page-{number}")
        make_page(f"nouvelle-{number}", kind=PageKind.NEWS)
        events.published(now=NOW, starts_at=NOW + timedelta(days=9))
        place(number)
        if number in (0, 2):
            with django_assert_num_queries(6):
                counts.append(sum(len(list(each.words())) for each in sources))

    assert counts[1] - counts[0] == 8


def test_the_file_is_named_by_all_that_it_shows(settings):
    words = Words(section="a", title="b", line="c")
    settings.CENTRE_NAME = "Autre"

    assert words.file == file_of(words.digest)
    assert words.digest != Words(section="a", title="b", line="d").digest
    before = words.digest
    settings.CENTRE_NAME = "Encore un autre"
    assert words.digest != before


def test_one_that_cannot_be_drawn_holds_no_other_back(make_page, monkeypatch, caplog):
    make_page("centre", title="Impossible")

    def draw(words):
        if words.title == "Impossible":
            raise OSError("no face")
        return b"png"

    monkeypatch.setattr(cards, "draw", draw)

    cards.draw_missing(now=NOW)

    assert "cannot be drawn" in caplog.text
    assert default_storage.exists(share.general().file)
    assert not default_storage.exists(Words(section="", title="Impossible", line="Résumé.").file)


def test_two_at_once_do_the_work_once(monkeypatch):
    monkeypatch.setattr(cards, "session_lock", lambda _name: nullcontext(False))

    assert cards.draw_missing(now=NOW) == 0
    assert not SocialCard.objects.exists()
