"""What every template may use: the centre's name and the page's address in each language."""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language, get_language_info

from emn.lib.palette import palette

NAMES = {
    code: get_language_info(code)["name_local"].capitalize() for code, _name in settings.LANGUAGES
}


@dataclass(frozen=True)
class Alternate:
    """The same page in one language."""

    code: str
    name: str  # in its own language: «Deutsch»
    url: str  # absolute, for hreflang; empty on a search, whose canonical page is another
    href: str  # relative, with it: for the visitor who switches
    current: bool


def _alternates(request: HttpRequest) -> list[Alternate]:
    """Return the page in each language: the same path, under the language's prefix."""
    current = get_language()
    prefixes = {code: "" if code == settings.LANGUAGE_CODE else f"/{code}" for code in NAMES}
    bare = request.path.removeprefix(prefixes.get(current or "", ""))
    query = request.META.get("QUERY_STRING", "")
    return [
        Alternate(
            code=code,
            name=NAMES[code],
            url="" if query else f"{settings.PUBLIC_URL}{prefix}{bare}",
            href=f"{prefix}{bare}?{query}" if query else f"{prefix}{bare}",
            current=code == current,
        )
        for code, prefix in prefixes.items()
    ]


def _section(path: str) -> str:
    """Return the first step of the path: what the menu marks depends on nothing else."""
    steps = path.split("/")
    return "/".join(steps[1:3] if steps[1] in NAMES else steps[1:2])


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
        "centre_colours": settings.CENTRE_COLOURS,
        "paper": {"light": palette().light["paper"], "dark": palette().dark["paper"]},
        "contact_email": settings.CONTACT_EMAIL,
        "demo": settings.DEMO,
        "alternates": [],
        "section": None,
        "share": None,
    }


def centre(request: HttpRequest) -> dict[str, object]:
    """Give the centre's names, `alternates`, `section`, and the page's absolute addresses.

    `canonical` is what search engines keep; `printed_address` leads to what the reader sees;
    `share`: a view's `Words` for the picture of its page, where it has one of its own.
    """
    return identity() | {
        "canonical": _canonical(request),
        "printed_address": f"{settings.PUBLIC_URL}{request.get_full_path()}",
        "alternates": _alternates(request),
        "section": _section(request.path),
    }
