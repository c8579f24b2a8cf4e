"""The words of a page as HTML: the markup of the letters, and «## » before an intertitle."""

import re

from django.conf import settings
from django.urls import translate_url
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import override

from emn.mailings import markup

_HEADING = re.compile(r"^[ \t]*##[ \t]+(?P<title>\S.*?)[ \t]*$", re.MULTILINE)


def to_html(source: str, *, language: str) -> SafeString:
    """Return intertitles and what stands under each; own links lead to the page in `language`."""

    def link(address: str) -> str:
        return own_address(address, language=language)

    before, *rest = _HEADING.split(source.replace("\r\n", "\n"))
    parts = [markup.to_html(before, link=link)]
    for title, under in zip(rest[::2], rest[1::2], strict=True):
        parts += [format_html("<h2>{}</h2>", title), markup.to_html(under, link=link)]
    return mark_safe("\n".join(part for part in parts if part))  # noqa: S308 -- made of escaped parts


def own_address(address: str, *, language: str) -> str:
    """Return an address of the portal as a path in `language`, any other as it is."""
    if not markup.is_own(address):
        return address
    path = address.removeprefix(settings.PUBLIC_URL) or "/"
    with override(settings.LANGUAGE_CODE):  # staff copy them from the French pages
        return translate_url(path, language)
