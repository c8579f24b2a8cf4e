"""Fetching the file of contours that the operator names: a path, or an address."""

from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import HTTPRedirectHandler, OpenerDirector, build_opener

from emn.territory.geometry.contours import ContoursRefused

LARGEST_BYTES = 50 * 1024 * 1024
TIMEOUT_S = 30


class NoRedirect(HTTPRedirectHandler):
    """Stay on the host that the operator named."""

    def redirect_request(self, *_arguments: Any) -> None:
        """Refuse: the answer becomes an error."""
        return


def fetch(place: str, *, opener: OpenerDirector | None = None) -> bytes:
    """Return the content of a file, or of an https address, redirects not followed.

    Raises ContoursRefused (cannot be read, larger than 50 MB, another scheme).
    """
    scheme, separator, _rest = place.partition("://")
    if separator and scheme.lower() != "https":
        raise ContoursRefused("Donnez un fichier, ou une adresse qui commence par https://.")
    try:
        if separator:
            opener = opener or build_opener(NoRedirect)
            with opener.open(place, timeout=TIMEOUT_S) as answer:
                content: bytes = answer.read(LARGEST_BYTES + 1)
        else:
            with Path(place).open("rb") as file:
                content = file.read(LARGEST_BYTES + 1)
    except (URLError, OSError) as error:
        raise ContoursRefused(f"Les contours n’ont pas pu être lus : {error}") from error
    if len(content) > LARGEST_BYTES:
        raise ContoursRefused(
            "Ce fichier dépasse 50 Mo : donnez les contours d’un seul département."
        )
    return content
