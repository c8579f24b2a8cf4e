"""The Content-Security-Policy header, built once instead of at each answer."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, TypeVar

from csp.constants import HEADER
from csp.decorators import csp_replace
from csp.middleware import CSPMiddleware
from csp.utils import build_policy
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.clickjacking import xframe_options_exempt

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


def in_any_frame(view: View) -> View:
    """Let any site show the page in a frame: neither header forbids it."""
    replaced: Any = csp_replace({"frame-ancestors": ["*"]})
    framed: View = xframe_options_exempt(replaced(view))
    return framed


class ContentPolicyMiddleware(CSPMiddleware):
    """django-csp's own, with the policy of the settings ready for the answers that change nothing.

    A view with a policy of its own, a nonce or an error goes the library's way.
    """

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self._policy = build_policy()

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Write the header, unless the view has written it."""
        is_special = response.status_code >= HTTPStatus.BAD_REQUEST or hasattr(
            request, "_csp_nonce"
        )
        if is_special or any(name.startswith("_csp_") for name in vars(response)):
            return super().process_response(request, response)
        response.headers.setdefault(HEADER, self._policy)
        return response
