"""The pictures of shared pages: any words fit, in the centre's own colours."""

from io import BytesIO

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image

from emn.lib import social_cards
from emn.lib.palette import Palette, palette
from emn.lib.social_cards import Words, drawing
from emn.lib.social_cards.drawing import draw
from emn.lib.social_cards.lettering import BODY, HEADING, Style, drawable, fitted

LONG = "Une entreprise dont le nom est vraiment très long et ne tient sur aucune ligne de rien, "
WIDTH = 1040


@pytest.mark.parametrize(
    ("title", "line"),
    [
        ("A", ""),
        ("", ""),
        (3 * LONG, 3 * LONG),
        ("W" * 400, "W" * 400),
        ("Ça & là « œ » – l’été", "Łódź, Čapek"),
        ("Digitalisierungsberatungsgesellschaftenverzeichnisse", "Straßenbahnhaltestelle"),
        ("\N{BREAD}\N{CROISSANT}", "\u202egnp.exe\u200b\x00\ud800"),
        ("<script>alert(1)</script>{{ 7|add:7 }}", "a\n\t\r\nb" + "\u0336" * 200),
        ("资讯 مرحبا", "\U0010ffff"),
    ],
)
def test_any_words_make_a_picture_of_the_right_size_and_weight(title, line):
    png = draw(Words(section=title, title=title, line=line))

    assert Image.open(BytesIO(png)).size == (1200, 630)
    assert len(png) < 60_000


@pytest.mark.parametrize("text", [3 * LONG, "W" * 300, "Donau" + "dampfschiff" * 9, "a b " * 80])
def test_no_line_is_wider_than_its_room_nor_one_too_many(text):
    style, lines = fitted(text.strip(), HEADING, ((96, 1), (72, 2), (52, 3)), width=WIDTH)

    assert style.size == 52
    assert len(lines) <= 3
    assert max(map(style.width, lines)) <= WIDTH


def test_the_largest_style_that_holds_is_taken():
    assert fitted("Bref", HEADING, ((96, 1), (52, 3)), width=WIDTH) == (
        Style(HEADING, 96),
        ["Bref"],
    )


def test_a_word_wider_than_a_line_is_broken_with_a_hyphen_and_loses_no_letter():
    word = "Digitalisierungsberatungsgesellschaftenverzeichnisse"

    _style, lines = fitted(word, HEADING, ((96, 1), (52, 3)), width=600)

    assert len(lines) > 1
    assert "".join(line.removesuffix("-") for line in lines) == word


def test_what_is_cut_ends_with_an_ellipsis():
    _style, lines = fitted(3 * LONG, HEADING, ((52, 2),), width=WIDTH)

    assert lines[-1].endswith("…")


def test_no_line_begins_with_a_sign_that_a_no_break_space_holds():
    _style, lines = fitted(
        "Où vont les très petites entreprises\u00a0?", HEADING, ((96, 3),), width=760
    )

    assert lines[-1] != "?"


def test_what_no_face_draws_and_what_turns_a_line_round_is_left_out():
    said = drawable("Boulan\u200bgerie \N{BREAD} \u202eabc\x00\n Z\u0334\u0321e", BODY, most=300)

    assert said == "Boulangerie abc Ze"


def test_a_name_that_the_main_face_cannot_write_takes_another():
    assert drawable("Łódź 资讯", BODY, most=300) == "Łódź 资讯"


def test_another_centre_has_its_colours_and_names(monkeypatch):
    before = draw(Words("", "Titre", "")), Words("", "Titre", "").digest
    shipped = palette()
    theirs = Palette(shipped.light | {"river": "#401040"}, shipped.dark)
    for module in (social_cards, drawing):
        monkeypatch.setattr(module, "palette", lambda: theirs)

    after, digest = draw(Words("", "Titre", "")), Words("", "Titre", "").digest

    assert Image.open(BytesIO(after)).convert("RGB").getpixel((600, 625)) == (0x40, 0x10, 0x40)
    assert before[0] != after
    assert before[1] != digest


def test_a_logo_stands_beside_the_title_and_one_whose_file_is_gone_is_left_out():
    logo = BytesIO()
    Image.new("RGB", (400, 400), "#a12d14").save(logo, "WEBP")
    default_storage.save("logos/un.webp", ContentFile(logo.getvalue()))

    with_logo, without = (
        Image.open(BytesIO(draw(Words("", "Titre", "", logo=name)))).convert("RGB")
        for name in ("logos/un.webp", "logos/perdu.webp")
    )

    assert with_logo.getpixel((1040, 160))[0] > 140
    assert without.getpixel((1040, 160)) == (0xFB, 0xFA, 0xF7)
