"""HTMX: the same view, the same URL and the same template; a fragment is a named partial."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails


class HtmxRequest(HttpRequest):
    """A request that passed django-htmx's middleware."""

    htmx: HtmxDetails


def fragment(request: HttpRequest, template: str, partial: str) -> str:
    """Return the template's partial for an HTMX swap, and the whole page otherwise.

    A history restore asks for the whole page although it carries the HTMX header.
    """
    details = getattr(request, "htmx", None)
    if details and not details.history_restore_request and not details.boosted:
        return f"{template}#{partial}"
    return template
