"""What no browser sends and no view should have to think of: a NUL, another encoding than ours."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

_NUL = "\x00"  # the one sign that PostgreSQL takes in no text
_API = "/api/"  # refuses it in its own words
_CHARSET = re.compile(r";\s*charset\s*\*?\s*=[^;]*", re.IGNORECASE)


@dataclass(frozen=True)
class Utf8Alone:
    """WSGI middleware: forgets the charset that a request names, for all is written in UTF-8.

    It may be any codec of Python, some of which are no encoding of text («hex»): Django then fails
    while it makes the request, before any page of error.
    """

    application: WSGIApplication

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if kind := environ.get("CONTENT_TYPE"):
            environ["CONTENT_TYPE"] = _CHARSET.sub("", kind)
        return self.application(environ, start_response)


class NulMiddleware:
    """Answer 404 to an address with a NUL; read one in a query as a blank.

    Fields of forms refuse it by themselves.
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
