"""Walks every URL of the portal and makes an address for each."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern
from django.utils.regex_helper import normalize
from django.utils.translation import override

SAMPLES = {
    "int": "1",
    "str": "exemple",
    "slug": "exemple",
    "path": "1",
    "uuid": "00000000-0000-4000-8000-000000000000",
}
# For the parameters of addresses written as regular expressions, by name; others get "1".
BY_PARAMETER = {"app_label": "accounts"}


@dataclass(frozen=True)
class Page:
    """One URL: its name, an address that it matches, and the view behind."""

    name: str
    path: str
    view: Any


def every_page(language: str = "fr") -> Iterator[Page]:
    """Yield all the URLs of the portal, in one language."""
    with override(language):
        yield from _walk(get_resolver().url_patterns, prefix="/", names=())


def _walk(entries: list[Any], *, prefix: str, names: tuple[str, ...]) -> Iterator[Page]:
    for entry in entries:
        if isinstance(entry, URLResolver):
            inner = (*names, entry.namespace) if entry.namespace else names
            yield from _walk(entry.url_patterns, prefix=prefix + _address(entry), names=inner)
        elif isinstance(entry, URLPattern):
            name = ":".join((*names, entry.name or str(entry.pattern)))
            yield Page(name=name, path=prefix + _address(entry), view=entry.callback)


def _address(entry: Any) -> str:
    if isinstance(entry.pattern, RoutePattern):
        return re.sub(
            r"<(?:(\w+):)?\w+>", lambda match: SAMPLES[match[1] or "str"], entry.pattern._route
        )
    text, parameters = normalize(str(entry.pattern))[0]
    return text % {name: BY_PARAMETER.get(name, "1") for name in parameters}
