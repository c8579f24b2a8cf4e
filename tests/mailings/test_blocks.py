"""Blocks: the markup lets through what it names and nothing else; each kind has its two twins."""

from io import BytesIO

import pytest
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from emn.mailings import blocks, markup
from emn.mailings.blocks import ButtonWords, FigureSettings, TextWords


def html(source):
    return markup.to_html(source, link=lambda url: url)


def text(source):
    return markup.to_text(source, link=lambda url: url)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("Un.\n\nDeux.", "<p>Un.</p>\n<p>Deux.</p>"),
        ("Un,\ndeux.", "<p>Un,<br>deux.</p>"),
        ("Voici :\n- l’un\n• l’autre", "<p>Voici :</p>\n<ul><li>l’un</li><li>l’autre</li></ul>"),
        ("C’est **gratuit**.", "<p>C’est <strong>gratuit</strong>.</p>"),
        (
            "Voir [l’annuaire](/annuaire/?a=1&b=2).",
            '<p>Voir <a href="http://127.0.0.1:8000/annuaire/?a=1&amp;b=2">l’annuaire</a>.</p>',
        ),
        (
            "**[Là](https://x.example/)**",
            '<p><strong><a href="https://x.example/">Là</a></strong></p>',
        ),
        ('<b onclick="x">', "<p>&lt;b onclick=&quot;x&quot;&gt;</p>"),
        ("", ""),
    ],
)
def test_markup_becomes_html(source, expected):
    assert html(source) == expected


def test_markup_reads_well_as_text():
    source = "Venez, **c’est [gratuit](/agenda/)** !\r\n\r\n\r\n- lundi\r\n- mardi"

    assert text(source) == (
        "Venez, c’est gratuit <http://127.0.0.1:8000/agenda/> !\n\n- lundi\n- mardi"
    )


@given(st.text())
def test_no_tag_of_a_writer_gets_through(source):
    ours = html(source)
    for tag in ("p", "ul", "li", "strong"):
        ours = ours.replace(f"<{tag}>", "").replace(f"</{tag}>", "")
    ours = ours.replace("<br>", "").replace("</a>", "").replace('<a href="', "").replace('">', "")

    assert "<" not in ours
    assert '"' not in ours


@pytest.mark.parametrize(
    "url", ["https://x.example/a", "http://x.example", "/annuaire/", "mailto:a@b.example"]
)
def test_address_is_taken(url):
    assert TextWords({"text": f"[là]({url})"}).is_valid()
    assert ButtonWords({"text": "Là", "url": url}).is_valid()


@pytest.mark.parametrize(
    "url",
    ["javascript:alert`1`", "//x.example/", "x.example", "mailto:rien", "data:text/html,a", ""],
)
def test_address_is_refused(url):
    form = TextWords({"text": f"**[là]({url})**"})

    (refusal,) = form.errors["text"]
    assert refusal.replace("\N{NO-BREAK SPACE}", " ") == (
        f"« {url} » n’est pas une adresse complète : écrivez https://…, mailto:… ou le chemin "
        "d’une page du portail, comme /annuaire/."
    )


def test_address_has_a_length():
    with pytest.raises(ValidationError, match="900"):
        markup.validate_markup(f"[là](https://x.example/{'a' * 900})")


def picture(size=(1600, 800), mode="RGBA"):
    written = BytesIO()
    Image.new(mode, size).save(written, "PNG")
    return SimpleUploadedFile("photo.png", written.getvalue(), "image/png")


def test_picture_becomes_a_jpeg_that_every_mailbox_reads():
    form = FigureSettings({}, {"picture": picture()})
    assert form.is_valid()

    kept = blocks.kind_of("figure").keep(form.cleaned_data, {})

    with default_storage.open(kept["picture"]) as file, Image.open(file) as stored:
        assert (stored.format, stored.size) == ("JPEG", (1200, 600))
        assert stored.getpixel((0, 0)) == (255, 255, 255)


def test_picture_is_asked_for_once_and_stays_afterwards():
    assert FigureSettings({}, {}).errors["picture"] == ["Choisissez une image."]
    before = {"picture": "lettre/a.jpg"}
    form = FigureSettings({}, {}, initial=before)

    assert form.is_valid()
    assert blocks.kind_of("figure").keep(form.cleaned_data, before) == before


def test_kind_without_words_lacks_none():
    kind = blocks.kind_of("new-providers")

    assert (kind.lacks_words({}, "fr"), blocks.kind_of("text").lacks_words({}, "fr")) == (
        False,
        True,
    )


def test_kind_of_an_app_that_is_gone_is_none():
    assert blocks.kind_of("weather") is None
