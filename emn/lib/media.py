"""Public files (logos, pictures): all written again, or drawn, by the portal: WebP, PNG, JPEG."""

from pathlib import PurePosixPath

from django.core.exceptions import SuspiciousOperation
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from emn.lib.access import public

LONGEST_NAME = 200  # signs: a store may refuse a longer one, as a fault of ours
PICTURES = {".webp": "image/webp", ".png": "image/png", ".jpg": "image/jpeg"}


@public
@require_safe
def picture(request: HttpRequest, name: str) -> HttpResponseBase:
    """Send a picture; its name changes with its content, so it may be kept for good.

    A server in front of the portal may send /media/ itself; this view makes it work without one.
    """
    content_type = PICTURES.get(PurePosixPath(name).suffix)
    if content_type is None or len(name) > LONGEST_NAME:
        raise Http404
    try:
        file = default_storage.open(name)
    except (OSError, SuspiciousOperation):
        raise Http404 from None
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return FileResponse(file, content_type=content_type, headers=headers)
