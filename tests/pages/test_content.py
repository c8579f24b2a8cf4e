"""Pages and news as everyone reads them: languages, hours, markup, feeds, search, queries."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from emn.lib import page_cache
from emn.pages.enums import PageKind
from emn.pages.models import Page, PageVersion
from emn.pages.services import content
from emn.pages.wording import own_address, to_html

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]

HOSTILE = '<script>alert(1)</script> [x](/agenda/"onclick=1) **<b>gras</b>** \n\n## <i>Titre</i>'


def test_news_is_listed_and_read(client, make_page):
    make_page("ouverture", kind=PageKind.NEWS, title="Ouverture", text="Un **mot**.")

    listed = client.get("/actualites/").content.decode()
    read = client.get("/actualites/ouverture/").content.decode()

    assert 'href="/actualites/ouverture/"' in listed
    assert "<strong>mot</strong>" in read
    assert '<meta property="og:type" content="article">' in read
    assert '"@type": "NewsArticle"' in read


def test_page_links_what_stands_above_and_under(client, make_page):
    above = make_page("centre", title="Le centre")
    make_page("horaires", title="Horaires", parent=above)

    assert 'href="/pages/horaires/"' in client.get("/pages/centre/").content.decode()
    assert 'href="/pages/centre/"' in client.get("/pages/horaires/").content.decode()


def test_a_page_and_a_piece_of_news_do_not_answer_for_each_other(client, make_page):
    make_page("ouverture", kind=PageKind.NEWS)
    make_page("centre")

    assert client.get("/pages/ouverture/").status_code == 404
    assert client.get("/actualites/centre/").status_code == 404


def test_missing_translation_shows_french_with_a_note(client, make_page):
    make_page("centre", title="Le centre")

    html = client.get("/de/pages/centre/").content.decode()

    assert '<h1 lang="fr">Le centre</h1>' in html
    assert '<div class="prose" lang="fr">' in html
    assert "content-note" in html


def test_translation_is_stale_once_a_later_french_version_is_read(client, make_page, translate):
    page = make_page("centre", title="Le centre")
    translate(page, "de", title="Das Zentrum")
    fresh = client.get("/de/pages/centre/").content.decode()
    draft = write(page, "fr", title="Le centre de Metz")
    with_draft = client.get("/de/pages/centre/").content.decode()
    content.release(
        version_id=draft.pk, shown_from=None, by_id=draft.written_by_id, now=timezone.now()
    )

    stale = client.get("/de/pages/centre/").content.decode()

    assert "<h1>Das Zentrum</h1>" in stale
    assert ["content-note" in html for html in (fresh, with_draft, stale)] == [False, False, True]


def test_same_words_written_again_say_that_a_translation_holds(client, make_page, translate):
    page = make_page("centre")
    translate(page, "de", title="Das Zentrum")
    released(write(page, "fr", title="Nouveau"))
    released(write(page, "de", title="Das Zentrum"))

    assert "content-note" not in client.get("/de/pages/centre/").content.decode()


def test_page_appears_and_goes_by_the_clock(client, make_page, monkeypatch):
    now = timezone.now()
    page = make_page("fete", kind=PageKind.NEWS, shown_from=now + timedelta(hours=2))
    content.end(page_id=page.pk, shown_until=now + timedelta(hours=4), now=now)
    statuses = []

    for hours in (1, 2, 3, 4):
        monkeypatch.setattr(
            "emn.pages.views.content.timezone.now", lambda h=hours: now + timedelta(hours=h)
        )
        statuses.append(client.get("/actualites/fete/").status_code)

    assert statuses == [404, 200, 200, 404]


def test_each_language_has_its_hour(make_page):
    page = make_page("centre")
    version = write(page, "fr", title="Plus tard")
    now = timezone.now()
    content.release(
        version_id=version.pk, shown_from=now + timedelta(days=1),
        by_id=version.written_by_id, now=now,
    )  # fmt: skip

    def title_at(moment):
        return PageVersion.objects.current([page], now=moment).get().title

    assert title_at(now) == "centre"
    assert title_at(now + timedelta(days=1)) == "Plus tard"


def test_kept_pages_are_told_of_an_hour_to_come():
    before = page_cache.read_generation()

    page_cache.touch(at=timezone.now() + timedelta(hours=1))
    after_touch = page_cache.read_generation()
    page_cache.touch(at=timezone.now() - timedelta(hours=1))

    assert after_touch[0] - before[0] == 1
    assert page_cache.read_generation()[0] - after_touch[0] == 2


def test_changes_to_come_are_not_forgotten_nor_taken_for_the_last():
    page_cache.touch()
    page_cache.touch(at=timezone.now() + timedelta(hours=1))

    page_cache.forget_changes(before=timezone.now() + timedelta(seconds=1))

    assert page_cache.read_generation()[0] == 1


def test_markup_of_the_writer_never_reaches_a_reader():
    html = to_html(HOSTILE, language="fr")

    assert "<script" not in html
    assert "<b>" not in html
    assert "<h2>&lt;i&gt;Titre&lt;/i&gt;</h2>" in html
    assert '"onclick' not in html


def test_own_links_lead_to_the_language_of_the_reader(settings):
    own = settings.PUBLIC_URL

    assert own_address(f"{own}/agenda/?page=2", language="de") == "/de/agenda/?page=2"
    assert own_address(f"{own}/agenda/", language="fr") == "/agenda/"
    assert own_address(f"{own}/media/x.webp", language="de") == "/media/x.webp"
    assert own_address("https://moselle.example/", language="de") == "https://moselle.example/"


@pytest.mark.parametrize("count", [1, 3])
def test_lists_and_feeds_take_constant_queries(client, make_page, django_assert_num_queries, count):
    for number in range(count):
        page = make_page(f"n{number}", kind=PageKind.NEWS)
    make_page("haut")
    for number in range(count):
        make_page(f"p{number}", parent=Page.objects.get(slug="haut"))
    client.get("/actualites/")  # what is kept for the frame

    for url, queries in (
        ("/actualites/", 3), ("/actualites/rss/", 2), ("/actualites/atom/", 2),
        (page.get_absolute_url(), 2), ("/pages/haut/", 3),
    ):  # fmt: skip
        with django_assert_num_queries(queries):
            assert client.get(url).status_code == 200


@pytest.mark.parametrize("url", ["/de/actualites/rss/", "/de/actualites/atom/"])
def test_feeds_hold_what_is_shown(client, make_page, translate, url):
    translate(make_page("vu", kind=PageKind.NEWS), "de", title="Gesehen & gelesen")
    make_page("demain", kind=PageKind.NEWS, shown_from=timezone.now() + timedelta(days=1))

    feed = client.get(url).content.decode()

    assert "Gesehen &amp; gelesen" in feed
    assert "/de/actualites/vu/" in feed
    assert "demain" not in feed


def test_an_atom_feed_names_its_author(client, make_page, settings):
    make_page("vu", kind=PageKind.NEWS)

    feed = client.get("/actualites/atom/").content.decode()

    assert f"<author><name>{settings.CENTRE_NAME}</name></author>" in feed


def test_search_finds_the_words_of_a_page_title_first(client, make_page, translate):
    make_page("a", title="Autre", text="Nos horaires d’été.")
    page = make_page("b", title="Horaires")
    translate(page, "de", title="Öffnungszeiten")

    html = client.get("/recherche/?q=horaire").content.decode()
    german = client.get("/de/recherche/?q=öffnungszeit").content.decode()

    assert 0 < html.index('href="/pages/b/"') < html.index('href="/pages/a/"')
    assert 'href="/de/pages/b/"' in german


def test_page_that_is_shared_says_its_language_summary_and_picture(client, make_page, settings):
    picture = {"picture": "pages/x.webp", "picture_width": 4, "picture_height": 2, "alt_fr": "Ciel"}
    make_page("centre", **picture)

    html = client.get("/en/pages/centre/").content.decode()

    assert '<meta property="og:locale" content="en_GB">' in html
    assert '<meta property="og:description" content="Résumé.">' in html
    assert f'"og:image" content="{settings.PUBLIC_URL}/media/pages/x.webp"' in html
    assert 'alt="Ciel" lang="fr"' in html


def test_map_of_the_site_lists_what_is_shown(client, make_page):
    make_page("centre")
    make_page("vu", kind=PageKind.NEWS)
    make_page("demain", shown_from=timezone.now() + timedelta(days=1))

    pages = client.get("/sitemap-content.xml").content.decode()
    news = client.get("/sitemap-news.xml").content.decode()

    assert "/de/pages/centre/" in pages
    assert "demain" not in pages
    assert "/actualites/vu/" in news


def test_home_shows_the_last_three(client, make_page):
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for number in range(4):
        make_page(f"n{number}", kind=PageKind.NEWS, now=start + timedelta(days=number))

    html = client.get("/").content.decode()

    assert [f"/actualites/n{number}/" in html for number in range(4)] == [False, True, True, True]


def write(page, language, *, title, text="Texte."):
    last = page.versions.filter(language=language).order_by("-number", "-pk").first()
    return content.write(
        page_id=page.pk, language=language, base=last.number if last else 0, title=title,
        summary="Résumé.", text=text, by_id=page.versions.first().written_by_id,
        now=timezone.now(),
    )  # fmt: skip


def released(version):
    return content.release(
        version_id=version.pk, shown_from=None, by_id=version.written_by_id, now=timezone.now()
    )
