"""Pictures from visitors: never stored as received, always decoded and written again."""

import warnings
from io import BytesIO
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps, UnidentifiedImageError

FORMATS = ("PNG", "JPEG", "WEBP")


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
                width, height = picture.size
                if width * height > settings.IMAGE_MAX_PIXELS:
                    raise ImageRefused(
                        _("Cette image compte trop de pixels : 40 millions au plus.")
                    )
                upright = ImageOps.exif_transpose(picture)
                upright.thumbnail((longest_side_px, longest_side_px))
                has_alpha = "A" in upright.getbands() or "transparency" in upright.info
                clean = upright.convert("RGBA" if has_alpha else "RGB")
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError):
        raise ImageRefused(_("Ce fichier n’est pas une image PNG, JPEG ou WebP lisible.")) from None
    written = BytesIO()
    clean.save(written, "WEBP", quality=85, method=4)
    return written.getvalue()


class ImageField(forms.FileField):
    """An upload whose cleaned value is the re-encoded picture (bytes), or None."""

    def __init__(self, *, longest_side_px: int, **options: Any) -> None:
        super().__init__(**options)
        self.longest_side_px = longest_side_px
        self.widget.attrs["accept"] = "image/png,image/jpeg,image/webp"

    def clean(self, data: Any, initial: Any = None) -> Any:
        """Return bytes, or None when nothing was sent. Raises ImageRefused."""
        if not isinstance(data, UploadedFile):
            return None
        if (data.size or 0) > settings.UPLOAD_MAX_BYTES:
            raise ImageRefused(_("Ce fichier est trop lourd : 10 Mo au plus."))
        return reencode(data.read(), longest_side_px=self.longest_side_px)
