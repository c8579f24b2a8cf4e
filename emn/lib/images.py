"""Pictures from visitors: never stored as received, always decoded and written again."""

import warnings
from collections.abc import Iterable, Sequence
from io import BytesIO
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _
from PIL import Image

FORMATS = ("PNG", "JPEG", "WEBP")
_ORIENTATION = 0x0112  # EXIF tag
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class ImageRefused(forms.ValidationError):
    """The file is not a picture that the portal accepts."""


def reencode(data: bytes, *, longest_side_px: int) -> bytes:
    """Return the picture as WebP, turned upright, without metadata, at most so large.

    The size is read from the header before any pixel is decoded, so a bomb is refused cheaply.
    Raises ImageRefused with a French sentence.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(BytesIO(data), formats=FORMATS) as picture:
                _refuse_huge(picture)
                clean = _upright(picture, longest_side_px)
    except ImageRefused:
        raise
    except Exception:  # noqa: BLE001 -- a decoder fed by strangers fails in every way there is
        raise ImageRefused(_("Ce fichier n’est pas une image PNG, JPEG ou WebP lisible.")) from None
    written = BytesIO()
    clean.save(written, "WEBP", quality=85, method=4)
    return written.getvalue()


def narrowed(webp: bytes, *, width_px: int) -> bytes:
    """Return a picture that `reencode` wrote, no wider than `width_px`."""
    with Image.open(BytesIO(webp), formats=("WEBP",)) as picture:
        height_px = max(1, round(picture.height * width_px / picture.width))
        picture.thumbnail((width_px, height_px))
        written = BytesIO()
        picture.save(written, "WEBP", quality=80, method=4)
    return written.getvalue()


def as_jpeg(webp: bytes) -> bytes:
    """Return, as JPEG on white, a picture that `reencode` wrote: mail programs read no WebP."""
    with Image.open(BytesIO(webp), formats=("WEBP",)) as picture:
        flat = Image.new("RGB", picture.size, "white")
        flat.paste(picture, mask=picture if picture.mode == "RGBA" else None)
    written = BytesIO()
    flat.save(written, "JPEG", quality=85, progressive=True)
    return written.getvalue()


def size_of(webp: bytes) -> tuple[int, int]:
    """Return width and height, in pixels, of a picture that `reencode` wrote."""
    with Image.open(BytesIO(webp), formats=("WEBP",)) as picture:
        return picture.size


def file_names(stem: str, widths: Iterable[int]) -> list[str]:
    """Return the names of the files of a picture that is kept in several widths."""
    return [f"{stem}-{width}.webp" for width in widths]


def measures(webp: bytes, *, steps: Iterable[int]) -> dict[str, Any]:
    """Return the size of a picture, and the widths in which it is kept: those up to its own."""
    width, height = size_of(webp)
    widths = sorted({min(width, step) for step in steps})
    return {"width": width, "height": height, "widths": widths}


def store_widths(storage: Storage, stem: str, webp: bytes, widths: Sequence[int]) -> None:
    """Store a picture that `reencode` wrote, in these widths; what is there already stays."""
    own_width, _height = size_of(webp)
    for name, width in zip(file_names(stem, widths), widths, strict=True):
        if not storage.exists(name):
            content = webp if width == own_width else narrowed(webp, width_px=width)
            storage.save(name, ContentFile(content))


def _refuse_huge(picture: Image.Image) -> None:
    width, height = picture.size
    if width * height > settings.IMAGE_MAX_PIXELS:
        raise ImageRefused(_("Cette image compte trop de pixels : 40 millions au plus."))


def _upright(picture: Image.Image, longest_side_px: int) -> Image.Image:
    """Return the picture made smaller, then turned as its camera was held."""
    turn = _TURNS.get(picture.getexif().get(_ORIENTATION, 1))
    picture.thumbnail((longest_side_px, longest_side_px))
    has_alpha = "A" in picture.getbands() or "transparency" in picture.info
    plain = picture.convert("RGBA" if has_alpha else "RGB")
    return plain.transpose(turn) if turn is not None else plain


class ImageField(forms.FileField):
    """An upload whose cleaned value is the re-encoded picture (bytes), or None."""

    def __init__(self, *, longest_side_px: int, **options: Any) -> None:
        super().__init__(**options)
        self.longest_side_px = longest_side_px
        self.widget.attrs["accept"] = "image/png,image/jpeg,image/webp"

    def clean(self, data: Any, initial: Any = None) -> Any:
        """Return bytes, or None when nothing was sent and nothing had to. Raises ImageRefused."""
        if not isinstance(data, UploadedFile):
            if self.required:
                raise forms.ValidationError(self.error_messages["required"], code="required")
            return None
        if (data.size or 0) > settings.UPLOAD_MAX_BYTES:
            raise ImageRefused(_("Ce fichier est trop lourd : 10 Mo au plus."))
        return reencode(data.read(), longest_side_px=self.longest_side_px)
