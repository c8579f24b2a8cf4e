"""Requests too large for any form of the portal, refused before anything reads them."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string

from emn.lib.context import identity


class BodyLimitMiddleware:
    """Answer 413 to a body beyond `REQUEST_MAX_BYTES`, or to one that does not say its length.

    The CSRF check parses the form, files included, before any view checks who sends it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not _is_too_large(request):
            return self.get_response(request)
        context = {"megabytes": settings.REQUEST_MAX_BYTES // 2**20}
        return HttpResponse(render_to_string("413.html", identity() | context), status=413)


def _is_too_large(request: HttpRequest) -> bool:
    length = request.META.get("CONTENT_LENGTH", "")
    if not length:
        return request.method == "POST" and "HTTP_TRANSFER_ENCODING" in request.META
    return length.isdecimal() and int(length) > settings.REQUEST_MAX_BYTES
