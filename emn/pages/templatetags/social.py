"""The picture that a page shows where it is shared."""

from django import template
from django.conf import settings
from django.core.files.storage import default_storage

from emn.lib.social_cards import Words
from emn.pages import share

register = template.Library()


@register.inclusion_tag("pages/components/social_picture.html")
def social_picture(words: Words | None) -> dict[str, str]:
    """Name the picture of a page, the centre's own while that one is not drawn."""
    shown = share.picture(words)
    if shown is None:
        return {"address": "", "alt": ""}
    url = default_storage.url(shown.file)
    return {
        "address": f"{settings.PUBLIC_URL}{url}" if url.startswith("/") else url,
        "alt": ", ".join(filter(None, (shown.title, shown.line))),
    }


@register.simple_tag
def general_picture() -> str:
    """Return the name of the centre's own picture, empty while it is not drawn: part of a key."""
    shown = share.picture(None)
    return shown.digest if shown else ""
