"""Times what Django answers, by view."""

import time
from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from emn.lib.monitoring import counters

_NO_VIEW = "none"  # an address that is nobody's, or an answer given before any was looked for


class RequestCounts:
    """Counts each request under the name of its view, never its address: that may be a secret."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        started = time.perf_counter()
        response = self.get_response(request)
        match = request.resolver_match
        counters.request_done(
            view=(match.view_name if match else "") or _NO_VIEW,
            status=response.status_code,
            elapsed_ms=round(1000 * (time.perf_counter() - started)),
        )
        return response
