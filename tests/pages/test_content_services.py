"""What may be done with a page: refusals, versions that stay, hours, pictures, staff’s pages."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, DataError, IntegrityError, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from emn.pages.differences import ADDED, REMOVED, Piece, changes
from emn.pages.enums import PageKind
from emn.pages.models import Page, PageVersion
from emn.pages.services import content

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]

WORDS = {"title": "Titre", "summary": "Résumé.", "text": "Texte."}


@pytest.fixture
def agent(client, django_user_model):
    """Sign in as someone who may do everything."""
    user = django_user_model.objects.create_superuser("agent@emn.example")
    client.force_login(user)
    return user


@pytest.fixture
def blank(db):
    """A page without words."""
    return Page.objects.create(slug="vide")


def write(page, agent, language="fr", base=0, **words):
    return content.write(
        page_id=page.pk, language=language, base=base, by_id=agent.pk, now=timezone.now(),
        **(WORDS | words),
    )  # fmt: skip


def release(version, agent, shown_from=None):
    return content.release(
        version_id=version.pk, shown_from=shown_from, by_id=agent.pk, now=timezone.now()
    )


def test_writing_refuses_what_would_lose_words(blank, agent):
    with pytest.raises(content.PageRefused, match="d’abord le texte français"):
        write(blank, agent, "de")
    write(blank, agent)
    with pytest.raises(content.PageRefused, match="entre-temps"):
        write(blank, agent, title="Autre")
    with pytest.raises(content.PageRefused, match="Rien n’a changé"):
        write(blank, agent, base=1)

    assert blank.versions.count() == 1


def test_release_refuses_what_makes_no_sense(blank, agent):
    first, second = write(blank, agent), write(blank, agent, base=1, title="Deux")
    german = write(blank, agent, "de")

    with pytest.raises(content.PageRefused, match="Publiez d’abord le texte français"):
        release(german, agent)
    with pytest.raises(content.PageRefused, match="à venir"):
        release(second, agent, timezone.now() - timedelta(hours=1))
    release(second, agent)
    with pytest.raises(content.PageRefused, match="déjà parue"):
        release(second, agent)
    with pytest.raises(content.PageRefused, match="plus récente"):
        release(first, agent)


def test_hour_to_come_may_be_moved_or_given_up(blank, agent):
    soon, later = (timezone.now() + timedelta(days=days) for days in (1, 2))
    version = release(write(blank, agent), agent, soon)
    release(version, agent, later)
    blank.refresh_from_db()
    moved = blank.shown_from

    content.withhold(version_id=version.pk, now=timezone.now())

    blank.refresh_from_db()
    assert (moved, blank.shown_from) == (later, None)
    with pytest.raises(content.PageRefused):
        content.withhold(version_id=version.pk, now=timezone.now())


def test_end_must_follow_the_beginning_and_may_be_taken_back(make_page):
    now = timezone.now()
    page = make_page("demain", shown_from=now + timedelta(days=1))
    with pytest.raises(content.PageRefused, match="suivre la parution"):
        content.end(page_id=page.pk, shown_until=now, now=now)

    content.end(page_id=page.pk, shown_until=now + timedelta(days=2), now=now)

    later = now + timedelta(days=3)
    assert not Page.objects.shown(now=later).exists()
    content.end(page_id=page.pk, shown_until=None, now=now)
    assert Page.objects.shown(now=later).exists()


@pytest.mark.parametrize(
    "change", [{"title": "x"}, {"text": "x"}, {"shown_from": None}, {"number": 9}]
)
def test_what_was_shown_does_not_change(make_page, change):
    version = make_page("centre").versions.get()

    with pytest.raises(DatabaseError, match=r"stays|do not change"), transaction.atomic():
        PageVersion.objects.filter(pk=version.pk).update(**change)


def test_what_was_shown_is_not_deleted(make_page):
    page = make_page("centre")

    with pytest.raises(DatabaseError, match="it stays"), transaction.atomic():
        page.delete()


def test_draft_may_be_deleted(blank, agent):
    write(blank, agent)

    blank.delete()

    assert not Page.objects.exists()


def test_picture_is_described_stored_and_replaced(blank, files_apart):
    def put(colour, alt):
        return content.picture(
            page_id=blank.pk, webp=webp(colour), alt_fr=alt, alt_de="", alt_en=""
        )

    with pytest.raises(content.PageRefused, match="ce que l’image montre"):
        put("red", "")
    first = put("red", "Un mur").picture
    second = put("blue", "Le ciel").picture

    assert not default_storage.exists(first)
    assert default_storage.exists(second)


def test_picture_that_is_not_taken_leaves_no_file_and_keeps_the_one_in_use(blank):
    def put(page_id, alt):
        return content.picture(page_id=page_id, webp=webp("red"), alt_fr=alt, alt_de="", alt_en="")

    with pytest.raises(Page.DoesNotExist):
        put(blank.pk + 1, "Un mur")
    stored = put(blank.pk, "Un mur").picture
    with pytest.raises(DataError):
        put(blank.pk, "x" * 1000)

    assert default_storage.exists(stored)
    assert not default_storage.exists(stored.replace(f"{blank.pk}-", f"{blank.pk + 1}-"))


def test_table_refuses_a_picture_without_words(blank):
    with pytest.raises(IntegrityError, match="picture_is_described"), transaction.atomic():
        Page.objects.filter(pk=blank.pk).update(picture="x.webp", picture_width=1, picture_height=1)


@given(st.text(alphabet="ab \n", max_size=60), st.text(alphabet="ab \n", max_size=60))
def test_differences_give_both_texts_back(before, after):
    pieces = changes(before, after)

    assert "".join(piece.text for piece in pieces if piece.kind != ADDED) == before
    assert "".join(piece.text for piece in pieces if piece.kind != REMOVED) == after


def test_differences_name_the_word_that_changed():
    assert changes("ouvert le mardi\n", "ouvert le jeudi\n")[1:3] == [
        Piece(REMOVED, "mardi"),
        Piece(ADDED, "jeudi"),
    ]


def test_staff_writes_compares_previews_and_releases(client, agent):
    added = client.post("/admin/pages/page/add/", {"kind": "news", "slug": "fete"})
    page = Page.objects.get()
    at = f"/admin/pages/page/{page.pk}"
    words = {"base": 0, "title": "La <fête>", "summary": "Bientôt.", "text": "Venez."}
    client.post(f"{at}/ecrire/fr/", words)
    version = page.versions.get()

    row = client.get(f"{at}/change/").content.decode()
    compared = client.get(f"{at}/versions/{version.pk}/").content.decode()
    preview = client.get(f"{at}/versions/{version.pk}/apercu/")
    client.post(f"{at}/versions/{version.pk}/publier/", {"shown_from": ""})

    assert added.status_code == 302
    assert "La &lt;fête&gt;" in row
    assert "<ins>Venez.</ins>" in compared
    assert "La &lt;fête&gt;</h1>" in preview.content.decode()
    assert "no-store" in preview["Cache-Control"]
    assert client.get("/actualites/fete/").status_code == 200


def test_writer_gets_back_what_was_refused(client, agent, make_page):
    page = make_page("centre")
    words = {"base": 0, "title": "Trop tard", "summary": "Résumé.", "text": "Mes mots."}

    html = client.post(f"/admin/pages/page/{page.pk}/ecrire/fr/", words).content.decode()

    assert "entre-temps" in html
    assert "Mes mots." in html


def test_wrong_link_and_address_of_a_feed_are_refused(client, agent, blank):
    words = {"base": 0, **WORDS, "text": "[ici](javascript:alert(1))"}

    client.post(f"/admin/pages/page/{blank.pk}/ecrire/fr/", words)
    client.post("/admin/pages/page/add/", {"kind": "news", "slug": "rss"})

    assert not PageVersion.objects.exists()
    assert Page.objects.get() == blank


def test_page_above_others_stays_on_top(client, agent, make_page):
    above, other = make_page("haut"), make_page("autre")
    make_page("dessous", parent=above)

    html = client.post(
        f"/admin/pages/page/{above.pk}/change/", {"slug": "haut", "parent": other.pk}
    ).content.decode()

    assert "elle reste en haut" in html


def test_news_and_help_are_put_under_no_page(client, agent, make_page):
    above, news = make_page("haut"), make_page("nouvelle", kind=PageKind.NEWS)

    html = client.post(
        f"/admin/pages/page/{news.pk}/change/", {"slug": "nouvelle", "parent": above.pk}
    ).content.decode()

    news.refresh_from_db()
    assert "Une actualité ne se range sous aucune page." in html
    assert news.parent is None


def test_staff_uploads_a_picture(client, agent, blank):
    upload = SimpleUploadedFile("x.png", png(), content_type="image/png")

    client.post(
        f"/admin/pages/page/{blank.pk}/image/", {"picture": upload, "alt_fr": "Un mur rouge"}
    )

    blank.refresh_from_db()
    assert blank.picture.endswith(".webp")
    assert blank.picture_width == 4


@pytest.mark.parametrize("end", ["ecrire/fr", "image", "fin"])
def test_agent_without_the_right_is_refused(client, django_user_model, make_page, end):
    page = make_page("centre")
    client.force_login(django_user_model.objects.create_user("accueil@emn.example", is_staff=True))

    assert client.get(f"/admin/pages/page/{page.pk}/{end}/").status_code == 403


@pytest.mark.parametrize("count", [1, 3])
def test_list_of_staff_takes_constant_queries(
    client, agent, make_page, django_assert_num_queries, count
):
    for number in range(count):
        make_page(f"n{number}", kind=PageKind.NEWS)
    client.get("/admin/pages/page/")

    with django_assert_num_queries(4):
        client.get("/admin/pages/page/")


def png():
    file = BytesIO()
    Image.new("RGB", (4, 2), "red").save(file, "PNG")
    return file.getvalue()


def webp(colour):
    file = BytesIO()
    Image.new("RGB", (4, 2), colour).save(file, "WEBP")
    return file.getvalue()
