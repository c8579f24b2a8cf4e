"""The one sign that PostgreSQL takes in no text, and that nobody types."""

from collections.abc import Callable

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

_NUL = "\x00"
_API = "/api/"  # refuses it in its own words


class NulMiddleware:
    """Answer 404 to an address with a NUL; read one in a query as a blank.

    So no view has to think of it. Fields of forms refuse it by themselves.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if _NUL in request.path_info:
            raise Http404
        query = request.META.get("QUERY_STRING", "")
        if "%00" in query and not request.path_info.startswith(_API):
            request.META["QUERY_STRING"] = query.replace("%00", "%20")
        return self.get_response(request)
