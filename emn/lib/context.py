"""What every template may use: the centre's name and the page's address in each language."""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest
from django.urls import translate_url
from django.utils.translation import get_language, get_language_info


@dataclass(frozen=True)
class Alternate:
    """The same page in one language."""

    code: str
    name: str  # in its own language: «Deutsch»
    url: str  # absolute, without the query string: for hreflang
    href: str  # relative, with it: for the visitor who switches
    current: bool


def _alternates(request: HttpRequest) -> list[Alternate]:
    """Return the page in each language; nothing for a page that has no language of its own."""
    translated = {code: translate_url(request.path, code) for code, _name in settings.LANGUAGES}
    if len(set(translated.values())) == 1:
        return []
    query = request.META.get("QUERY_STRING", "")
    current = get_language()
    return [
        Alternate(
            code=code,
            name=get_language_info(code)["name_local"].capitalize(),
            url=settings.PUBLIC_URL + path,
            href=f"{path}?{query}" if query else path,
            current=code == current,
        )
        for code, path in translated.items()
    ]


def _canonical(request: HttpRequest) -> str:
    """Return the address search engines keep: without filters, but each page of a list its own."""
    page = request.GET.get("page", "")
    suffix = f"?page={page}" if page.isascii() and page.isdigit() and page != "1" else ""
    return f"{settings.PUBLIC_URL}{request.path}{suffix}"


def identity() -> dict[str, object]:
    """Give what a page shows without a request: a page of error has nothing else."""
    return {
        "centre_name": settings.CENTRE_NAME,
        "centre_short_name": settings.CENTRE_SHORT_NAME,
        "centre_address": settings.CENTRE_ADDRESS,
        "contact_email": settings.CONTACT_EMAIL,
        "demo": settings.DEMO,
        "alternates": [],
    }


def centre(request: HttpRequest) -> dict[str, object]:
    """Give the centre's names, `demo`, `canonical` (absolute URL) and `alternates`."""
    return identity() | {"canonical": _canonical(request), "alternates": _alternates(request)}
