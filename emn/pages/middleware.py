"""An address that finds nothing may have moved: only then are the redirects looked at."""

from collections.abc import Callable
from http import HTTPStatus

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.http.response import HttpResponseBase
from django.utils.translation import get_language_from_path

from emn.pages.models import Redirect


class RedirectMiddleware:
    """Answer 301 or 410 in place of 404, the language and the query kept."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        is_read = request.method in {"GET", "HEAD"}
        is_page = not request.path_info.startswith(settings.MEDIA_URL)
        if response.status_code == HTTPStatus.NOT_FOUND and is_read and is_page:
            return _moved(request, response)
        return response


def _moved(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    language = get_language_from_path(request.path_info)
    prefix = f"/{language}" if language and language != settings.LANGUAGE_CODE else ""
    old_path = request.path_info.removeprefix(prefix)
    try:
        new_path = Redirect.objects.values_list("new_path", flat=True).get(old_path=old_path)
    except (Redirect.DoesNotExist, DatabaseError):  # a page of error needs no database
        return response
    if not new_path:
        assert isinstance(response, HttpResponse), "a page of error is whole"
        response.status_code = HTTPStatus.GONE
        return response
    query = request.META.get("QUERY_STRING", "")
    return HttpResponsePermanentRedirect(f"{prefix}{new_path}{'?' if query else ''}{query}")
