"""The help: shipped, rewritten by staff, found from everywhere, each answer with its page."""

import re
from importlib import import_module
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.urls import Resolver404, resolve
from django.utils import timezone

from emn.lib import access
from emn.pages.enums import Audience, PageKind
from emn.pages.help import shipped
from emn.pages.models import Page, PageVersion
from emn.pages.reading import readings
from emn.pages.services import content
from emn.pages.services import help as services

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]
LINK = re.compile(r"\[[^\]\n]+\]\(([^\s)]*)\)")
NARROW = re.compile(r"[^\u00a0][?!;»]|«[^\u00a0]|(?<!\u00a0):\s")
QUERIES = 2  # pages, versions
MOST_WORDS = 24  # in a sentence


def sync():
    return services.sync(now=timezone.now(), tell=pytest.fail)


@pytest.fixture
def written():
    sync()


def ship(monkeypatch, **texts):
    """Ship other words of the first answer, by language; return its page."""
    first, *others = shipped()
    told = {language: first["texts"][language] | words for language, words in texts.items()}
    changed = first | {"texts": first["texts"] | told}
    monkeypatch.setattr(services, "shipped", lambda: [changed, *others])
    return Page.objects.get(slug=first["slug"])


def write_over(page, language, writer):
    return content.write(
        page_id=page.pk, language=language, base=1, title="À nous", summary="Court.", text="Texte.",
        by_id=writer.pk, now=timezone.now(),
    )  # fmt: skip


def texts():
    for entry in shipped():
        for language, text in entry["texts"].items():
            yield f"{entry['slug']} {language}", text


def test_every_answer_is_in_three_languages_and_leads_to_a_page_that_is_there():
    for entry in shipped():
        assert list(entry["texts"]) == ["fr", "de", "en"]
        assert entry["audience"] in Audience.values
        links = [LINK.findall(text["text"]) for text in entry["texts"].values()]
        assert links[0]
        assert [set(each) for each in links] == [set(links[0])] * 3, entry["slug"]
        for path in links[0]:
            try:
                assert access.access_of(resolve(path).func)
            except Resolver404:
                pytest.fail(f"{entry['slug']}: {path}")


def test_sentences_are_short():
    long = [
        (name, sentence)
        for name, text in texts()
        for line in text["text"].splitlines()
        for sentence in re.split(r"[.?!:]\s", LINK.sub("x", line))
        if len(sentence.split()) > MOST_WORDS
    ]

    assert long == []


def test_french_has_its_spaces_and_apostrophes():
    for entry in shipped():
        for words in entry["texts"]["fr"].values():
            assert "'" not in words
            assert not NARROW.search(words), words


def test_the_page_of_help_lists_them_by_audience(client, written):
    page = client.get("/aide/").content.decode()

    assert [page.index(str(each.label)) for each in Audience] == sorted(
        page.index(str(each.label)) for each in Audience
    )
    assert page.count('href="/aide/') >= len(shipped())
    assert 'href="/de/aide/se-connecter/"' in client.get("/de/aide/").content.decode()


def test_an_answer_links_the_page_where_it_is_done_in_the_readers_language(client, written):
    french = client.get("/aide/faire-le-diagnostic/").content.decode()
    german = client.get("/de/aide/faire-le-diagnostic/").content.decode()

    assert '<a href="/diagnostic/">le diagnostic</a>' in french
    assert '<a href="/de/diagnostic/">die Diagnose</a>' in german
    assert 'href="/aide/lire-l-indice-de-confiance/"' in french
    assert 'href="/aide/creer-sa-fiche/"' not in french.split("<main")[1]


def test_an_answer_answers_under_help_alone(client, written, make_page):
    make_page("centre")

    assert client.get("/pages/se-connecter/").status_code == 404
    assert client.get("/actualites/se-connecter/").status_code == 404
    assert client.get("/aide/centre/").status_code == 404


def test_the_footer_the_errors_and_the_search_lead_there(client, written):
    page = client.get("/accessibilite/").content.decode()
    error = client.get("/nulle-part/").content.decode()
    found = client.get("/recherche/", {"q": "désinscription"}).content.decode()

    assert 'href="/aide/"' in page.split("<footer")[1]
    assert 'href="/aide/"' not in page.split("</header>")[0]
    assert 'href="/aide/"' in error.split("<footer")[0]
    assert 'href="/aide/"' in client.get("/recherche/?q=aide").content.decode().split("<footer")[0]
    assert "/aide/" in found.split("<main")[1].split("<footer")[0]


def test_the_sitemap_names_them(client, written):
    assert "/aide/se-connecter/" in client.get("/sitemap-help.xml").content.decode()
    assert "/aide/</loc>" in client.get("/sitemap-pages.xml").content.decode()


def test_before_it_is_written_the_page_says_whom_to_ask(client):
    assert "mailto:" in client.get("/aide/").content.decode().split("<main")[1].split("<footer")[0]


def test_a_second_run_writes_nothing_and_a_shipped_change_is_followed(written, monkeypatch):
    assert sync() == 0
    page = ship(monkeypatch, de={"summary": "Anders."})

    assert sync() == 1
    last = page.versions.filter(language="de").order_by("number")
    assert [row.summary for row in last][-1] == "Anders."


def test_translations_that_are_still_right_follow_the_french_that_changes(written, monkeypatch):
    page = ship(monkeypatch, fr={"summary": "Autre."})

    assert sync() == 3
    (reading,) = readings([page], language="de", now=timezone.now())
    assert not reading.is_stale
    assert sync() == 0


def test_translations_left_behind_by_an_earlier_version_are_caught_up(written, monkeypatch):
    page = ship(monkeypatch, fr={"summary": "Autre."})
    content.write(
        page_id=page.pk, language="fr", base=1, by_id=None, now=timezone.now(),
        **services.shipped()[0]["texts"]["fr"],
    )  # fmt: skip

    assert [language for _slug, language in services.stale()] == ["de", "en"]


def test_what_staff_wrote_stays_theirs(written, writer, monkeypatch):
    page = ship(monkeypatch, de={"summary": "Anders."})
    write_over(page, "de", writer)

    assert services.stale() == []


def test_translations_do_not_follow_once_french_is_of_staff(written, writer, monkeypatch):
    page = ship(monkeypatch, de={"summary": "Anders."})
    write_over(page, "fr", writer)

    assert services.stale() == []


def test_what_staff_wrote_stays_theirs_once_their_account_is_gone(written, writer, monkeypatch):
    page = ship(monkeypatch, fr={"summary": "Autre."})
    write_over(page, "fr", writer)
    writer.delete()

    assert page.versions.get(language="fr", number=2).written_by is None
    assert services.stale() == []


def test_a_draft_of_staff_under_an_address_shipped_later_is_left_alone(writer):
    slug = shipped()[0]["slug"]
    page = Page.objects.create(kind=PageKind.HELP, slug=slug, audience=Audience.VISITOR)
    content.write(
        page_id=page.pk, language="fr", base=0, title="À nous", summary="Court.", text="Texte.",
        by_id=writer.pk, now=timezone.now(),
    )  # fmt: skip

    assert sync() == 3 * (len(shipped()) - 1)
    assert page.versions.count() == 1


def test_an_answer_that_is_refused_is_said_and_the_others_are_written(monkeypatch):
    slug, write = shipped()[0]["slug"], content.write

    def refuse_first(*, page_id, **words):
        if Page.objects.get(pk=page_id).slug == slug:
            raise content.PageRefused("Non.")
        return write(page_id=page_id, **words)

    monkeypatch.setattr(content, "write", refuse_first)
    out, err = StringIO(), StringIO()
    call_command("sync_help", "--write", stdout=out, stderr=err)

    assert (out.getvalue(), err.getvalue()) == (
        f"{3 * (len(shipped()) - 1)} textes d’aide écrits.\n",
        f"{slug}\u00a0: Non.\n",
    )


def test_the_help_written_before_versions_said_so_is_marked(written, writer):
    answer = Page.objects.get(slug="se-connecter")
    write_over(answer, "fr", writer)
    PageVersion.objects.update(is_shipped=False)
    migration = import_module("emn.pages.migrations.0017_help_already_shipped")
    with connection.cursor() as cursor:
        cursor.execute(migration.FORWARD)

    assert set(PageVersion.objects.filter(is_shipped=False).values_list("page", "number")) == {
        (answer.pk, 2)
    }


def test_the_command_writes_only_when_told():
    out = StringIO()
    call_command("sync_help", stdout=out)
    assert "+ se-connecter (de)" in out.getvalue()
    assert not Page.objects.exists()

    call_command("sync_help", "--write", stdout=out)

    assert Page.objects.help().count() == len(shipped())


@pytest.mark.parametrize(
    ("kind", "audience"), [(PageKind.HELP, ""), (PageKind.PAGE, Audience.VISITOR)]
)
def test_a_page_of_help_and_no_other_says_for_whom(kind, audience):
    with pytest.raises(IntegrityError, match="help_says_for_whom"), transaction.atomic():
        Page.objects.create(kind=kind, slug="x", audience=audience)


def test_the_lists_cost_the_same_for_one_as_for_three(client, make_page, django_assert_num_queries):
    for number in range(3):
        make_page(f"a{number}", kind=PageKind.HELP, audience=Audience.VISITOR)
        if number != 1:
            with django_assert_num_queries(QUERIES + 1):  # the accessibility, in the footer
                client.get("/aide/")
            with django_assert_num_queries(QUERIES):
                client.get("/aide/a0/")
