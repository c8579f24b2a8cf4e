"""Documents from visitors: a PDF as it came, or a picture written again.

What strangers upload is never shown inside a page: pictures are written again, a PDF is only ever
sent as a file to keep, by the portal's own pages.
"""

from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext

from emn.lib.images import FORMATS, ImageRefused, reencode

LONGEST_SIDE_PX = 3_000
_HEAD_BYTES, _TAIL_BYTES = 1_024, 2_048


@dataclass(frozen=True, slots=True)
class Document:
    """A file as `DocumentField` lets it through: a PDF, or a picture written again."""

    name: str
    suffix: str
    data: bytes


class DocumentField(forms.FileField):
    """An upload whose cleaned value is a `Document`: a PDF as it came, or a picture as WebP."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.widget.attrs["accept"] = "application/pdf,image/png,image/jpeg,image/webp"

    def clean(self, data: Any, initial: Any = None) -> Any:
        """Return the document. Raises ValidationError with what to do."""
        file = super().clean(data, initial)
        if not isinstance(file, UploadedFile):
            return file
        if (file.size or 0) > settings.UPLOAD_MAX_BYTES:
            raise forms.ValidationError(gettext("Ce fichier est trop lourd : 10 Mo au plus."))
        content = file.read()
        name = PurePath(file.name or gettext("pièce")).name
        if b"%PDF-" in content[:_HEAD_BYTES] and b"%%EOF" in content[-_TAIL_BYTES:]:
            return Document(name=name, suffix=".pdf", data=content)
        try:
            picture = reencode(content, longest_side_px=LONGEST_SIDE_PX)
        except ImageRefused:
            raise forms.ValidationError(
                gettext("Déposez un PDF entier, ou une image %(formats)s.")
                % {"formats": ", ".join(FORMATS)}
            ) from None
        return Document(name=name, suffix=".webp", data=picture)
