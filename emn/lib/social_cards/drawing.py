"""Drawing a picture from its words: paper, the river at its foot, the centre's own name."""

import math
from functools import partial
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.files.storage import default_storage
from PIL import Image, ImageDraw

from emn.lib.palette import palette
from emn.lib.social_cards import MOST_SIGNS, Words
from emn.lib.social_cards.lettering import BODY, BOLD, HEADING, Style, drawable, fitted

SIZE = (1200, 630)
TITLE = ((96, 1), (84, 2), (72, 2), (60, 3), (52, 3))  # pixels, and in how many lines
COLOURS = 96  # of the PNG: what is smooth stays smooth, a picture stays under 60 kB
_LEFT, _RIGHT, _TOP, _FOOT = 80, 1120, 84, 596
_LOGO, _CENTRE_LOGO = 168, 64
_BANK = 506  # where the river's bank lies, on average
_FINER = 3  # waves are drawn so many times larger, for a smooth edge


def draw(words: Words) -> bytes:
    """Return the PNG."""
    colour = palette().light
    picture = Image.new("RGB", SIZE, colour["paper"])
    _draw_river(picture, colour)
    pen = ImageDraw.Draw(picture)
    right = _RIGHT
    if words.logo and _paste_logo(picture, words.logo):
        right -= _LOGO + 40
    base = float(_TOP)
    if section := drawable(words.section, BOLD, most=MOST_SIGNS):
        style, lines = fitted(section, BOLD, ((36, 1),), width=right - _LEFT)
        base += 30
        style.write(pen, (_LEFT, base), lines[0], colour["river"])
        base += 26
    write = partial(_write, pen)
    base = write(
        top=base, text=words.title, face=HEADING, sizes=TITLE, width=right - _LEFT,
        fill=colour["ink"],
    )  # fmt: skip
    top = max(base + 20, _TOP + _LOGO if right != _RIGHT else 0)
    left = max(1, min(3, int((_BANK - 20 - top) // 46)))
    write(
        top=top, text=words.line, face=BODY, sizes=((40, min(2, left)), (34, left)),
        width=_RIGHT - _LEFT, fill=colour["muted"],
    )  # fmt: skip
    _sign(picture, pen, colour)
    written = BytesIO()
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(written, "PNG", optimize=True)
    return written.getvalue()


def _write(
    pen: ImageDraw.ImageDraw, *, top: float, text: str, face: str,
    sizes: tuple[tuple[int, int], ...], width: float, fill: str,
) -> float:  # fmt: skip
    """Write a paragraph under `top`; return where the next may begin."""
    if not (plain := drawable(text, face, most=MOST_SIGNS)):
        return top
    style, lines = fitted(plain, face, sizes, width=width)
    for line in lines:
        top += style.size * 1.16
        style.write(pen, (_LEFT, top - style.size * 0.2), line, fill)
    return top


def _draw_river(picture: Image.Image, colour: dict[str, str]) -> None:
    """Draw two waves from edge to edge: a thin one in gold, the river under it."""
    width, height = SIZE[0] * _FINER, (SIZE[1] - _BANK + 40) * _FINER
    water = Image.new("RGB", (width, height), colour["paper"])
    pen = ImageDraw.Draw(water)
    for lift, name in ((0, "mirabelle"), (11, "river")):
        crest = [
            (x, (34 + lift + 13 * math.sin(x / width * 2.2 * math.tau + 0.6)) * _FINER)
            for x in range(0, width + 1, 12)
        ]
        pen.polygon([*crest, (width, height), (0, height)], fill=colour[name])
    picture.paste(
        water.resize((SIZE[0], height // _FINER), Image.Resampling.LANCZOS), (0, _BANK - 40)
    )


def _sign(picture: Image.Image, pen: ImageDraw.ImageDraw, colour: dict[str, str]) -> None:
    """Write on the river whose portal it is, and where."""
    left = _LEFT
    path = finders.find("img/logo-180.png")
    if isinstance(path, str) and Path(path).is_file():
        with Image.open(path) as file:
            logo = file.convert("RGBA").resize(
                (_CENTRE_LOGO, _CENTRE_LOGO), Image.Resampling.LANCZOS
            )
        picture.paste(logo, (left, _FOOT - 46), logo)
        left += _CENTRE_LOGO + 22
    host = drawable(urlsplit(settings.PUBLIC_URL).hostname or "", BODY, most=60)
    small = Style(BODY, 28)
    room = _RIGHT - left - small.width(host) - 32
    name = drawable(settings.CENTRE_NAME, BOLD, most=MOST_SIGNS)
    style, lines = fitted(name, BOLD, ((36, 1), (32, 1), (28, 1)), width=room)
    style.write(pen, (left, _FOOT), lines[0], colour["on_river"])
    small.write(pen, (_RIGHT - small.width(host), _FOOT), host, colour["on_river"])


def _paste_logo(picture: Image.Image, name: str) -> bool:
    """Put a logo at the top right; False when its file is gone."""
    try:
        with default_storage.open(name) as file, Image.open(file, formats=("WEBP",)) as logo:
            small = logo.convert("RGBA")
    except OSError:
        return False
    small.thumbnail((_LOGO, _LOGO))
    ground = Image.new("RGBA", (_LOGO, _LOGO), "#ffffff")
    ground.alpha_composite(small, ((_LOGO - small.width) // 2, (_LOGO - small.height) // 2))
    picture.paste(ground.convert("RGB"), (_RIGHT - _LOGO, _TOP))
    return True
