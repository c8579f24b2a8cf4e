"""What a visitor may send as a picture, and what becomes of it."""

import contextlib
import struct
import zlib
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from emn.lib.images import ImageField, ImageRefused, reencode


def picture(kind="PNG", size=(40, 20), **options):
    written = BytesIO()
    Image.new("RGB", size, "#0b5566").save(written, kind, **options)
    return written.getvalue()


def huge_png():
    """A PNG of 100 megapixels whose header says so and whose body is a few bytes."""

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", 10_000, 10_000, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\x00" * 1_000)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_is_written_again_as_webp_and_made_smaller(kind):
    clean = Image.open(BytesIO(reencode(picture(kind, (900, 300)), longest_side_px=512)))

    assert (clean.format, clean.size) == ("WEBP", (512, 171))


def test_what_is_hidden_in_a_picture_does_not_survive():
    from PIL.PngImagePlugin import PngInfo

    notes = PngInfo()
    notes.add_text("Comment", "<script>alert(1)</script>")

    clean = reencode(picture(pnginfo=notes) + b"<?php system('id'); ?>", longest_side_px=512)

    assert b"script" not in clean
    assert b"php" not in clean


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (huge_png(), "trop de pixels"),
        (
            b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
            "pas une image",
        ),
        (b"MZ\x90\x00\x03\x00\x00\x00this program cannot be run", "pas une image"),
        (picture()[:50], "pas une image"),
        (picture("GIF"), "pas une image"),
        (b"", "pas une image"),
    ],
)
def test_what_is_not_a_picture_is_refused(content, words):
    with pytest.raises(ImageRefused, match=words):
        reencode(content, longest_side_px=512)


@given(st.binary(max_size=400))
def test_any_bytes_are_refused_or_written_again(content):
    for prefix in (b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"RIFF\x00\x00\x00\x00WEBP"):
        try:
            reencode(prefix + content, longest_side_px=64)
        except ImageRefused:
            continue


def turned_jpeg(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    return picture("JPEG", (40, 20), exif=exif)


@pytest.mark.parametrize(("orientation", "size"), [(1, (40, 20)), (3, (40, 20)), (6, (20, 40))])
def test_a_photograph_is_turned_as_the_camera_was_held(orientation, size):
    clean = reencode(turned_jpeg(orientation), longest_side_px=64)

    assert Image.open(BytesIO(clean)).size == size


@given(st.integers(2, 120), st.binary(min_size=1, max_size=8))
def test_a_photograph_with_spoilt_metadata_is_refused_or_written_again(at, spoilt):
    content = turned_jpeg(6)
    content = content[:at] + spoilt + content[at + len(spoilt) :]

    with contextlib.suppress(ImageRefused):
        reencode(content, longest_side_px=64)


def test_a_file_that_is_too_heavy_is_refused_before_it_is_read(settings):
    settings.UPLOAD_MAX_BYTES = 10
    field = ImageField(longest_side_px=64, required=False)

    with pytest.raises(ImageRefused, match="trop lourd"):
        field.clean(SimpleUploadedFile("logo.png", picture()))


@pytest.mark.parametrize(
    "name", ["inconnu.webp", "../secret_key", "logos/../../secret.webp", "a.svg", "a\x00.webp"]
)
def test_no_other_file_than_a_picture_is_sent(client, name):
    assert client.get(f"/media/{name}").status_code == 404
