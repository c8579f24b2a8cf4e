"""Drawing the picture shown where a card's address is shared (Open Graph, 1200 × 630)."""

from io import BytesIO
from pathlib import Path

from django.conf import settings
from django.core.files.storage import default_storage
from PIL import Image, ImageDraw, ImageFont

from directory.cards import ComposedCard
from emn.lib.palette import palette

DESIGN = 1  # raise it when the drawing changes: every picture is then drawn again
SIZE = (1200, 630)
_FONTS = Path(settings.BASE_DIR) / "static" / "fonts"
_HEADING = _FONTS / "bricolage-grotesque" / "bricolage-grotesque-500-800.woff2"
_BODY = _FONTS / "atkinson-hyperlegible-next" / "atkinson-hyperlegible-next-400.woff2"
_BOLD = _FONTS / "atkinson-hyperlegible-next" / "atkinson-hyperlegible-next-700.woff2"
_LEFT, _RIGHT, _LOGO = 88, 1112, 176
_FOOT = 524


def draw(card: ComposedCard, *, place: str) -> bytes:
    """Return the PNG: logo, name, tagline, commune, and whose directory it is."""
    colours = palette().light
    picture = Image.new("RGB", SIZE, colours["paper"])
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 0, SIZE[0], 18), fill=colours["river"])
    pen.rectangle((0, 18, 264, 30), fill=colours["mirabelle"])
    right = _RIGHT
    if card.logo and _paste_logo(picture, card.logo):
        right -= _LOGO + 40
    top = 92
    name_font, name_lines = _fitted(card.name, _HEADING, (84, 72, 60, 50), right - _LEFT, 2)
    for line in name_lines:
        pen.text((_LEFT, top), line, font=name_font, fill=colours["ink"])
        top += round(name_font.size * 1.12)
    top = max(top + 20, 92 + _LOGO if right != _RIGHT else 0)
    words_font, words = _fitted(card.tagline, _BODY, (46, 40, 34), _RIGHT - _LEFT, 3)
    for line in words:
        pen.text((_LEFT, top), line, font=words_font, fill=colours["ink"])
        top += round(words_font.size * 1.3)
    pen.line((_LEFT, _FOOT - 24, _RIGHT, _FOOT - 24), fill=colours["hairline"], width=2)
    foot = _font(_BOLD, 34)
    pen.text((_LEFT, _FOOT), place, font=foot, fill=colours["river"])
    centre = settings.CENTRE_NAME
    pen.text((_RIGHT, _FOOT), centre, font=_font(_BODY, 34), fill=colours["muted"], anchor="ra")
    written = BytesIO()
    picture.quantize(128).save(written, "PNG", optimize=True)
    return written.getvalue()


def _paste_logo(picture: Image.Image, name: str) -> bool:
    """Put the logo at the top right; False when its file is gone."""
    try:
        with default_storage.open(name) as file, Image.open(file, formats=("WEBP",)) as logo:
            small = logo.convert("RGBA")
    except OSError:
        return False
    small.thumbnail((_LOGO, _LOGO))
    ground = Image.new("RGBA", (_LOGO, _LOGO), "#ffffff")
    ground.alpha_composite(small, ((_LOGO - small.width) // 2, (_LOGO - small.height) // 2))
    picture.paste(ground.convert("RGB"), (_RIGHT - _LOGO, 92))
    return True


def _font(file: Path, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(file), size)


def _fitted(
    text: str, file: Path, sizes: tuple[int, ...], width: int, most_lines: int
) -> tuple[ImageFont.FreeTypeFont, list[str]]:
    """Return the largest size at which the text holds, and its lines; the last size is cut."""
    for size in sizes:
        font = _font(file, size)
        lines = _wrapped(text, font, width)
        if len(lines) <= most_lines and all(font.getlength(line) <= width for line in lines):
            return font, lines
    lines = [_cut(line, font, width) for line in lines[:most_lines]]
    return font, lines


def _wrapped(text: str, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    lines: list[str] = []
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return [line for line in lines if line]


def _cut(line: str, font: ImageFont.FreeTypeFont, width: int) -> str:
    if font.getlength(line) <= width:
        return line
    while line and font.getlength(f"{line}…") > width:
        line = line[:-1]
    return f"{line}…"
