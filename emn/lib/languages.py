"""The URL says the language, and nothing else does: no cookie, no header, so pages can be kept."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import translation


class LanguageMiddleware:
    """Serve /de/… in German, /en/… in English, the rest in French."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        language = translation.get_language_from_path(request.path_info) or settings.LANGUAGE_CODE
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response


def language_name(code: str) -> str:
    """Return the name of a language as a sentence writes it: «allemand», «German», «Deutsch»."""
    name = str(dict(settings.LANGUAGES)[code])
    return name.lower() if translation.get_language() == "fr" else name
