"""What every feed of the portal shares."""

from typing import Any

from django.contrib.syndication.views import Feed
from django.http import HttpRequest, HttpResponse


class UndatedFeed(Feed):  # type: ignore[type-arg]  # not generic at run time
    """A feed without a date: whether it changed is told by the ETag of the page cache."""

    def __call__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answer without Last-Modified, which no 304 would follow."""
        response = super().__call__(request, *args, **kwargs)
        del response.headers["Last-Modified"]
        return response
