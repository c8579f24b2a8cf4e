"""The demonstration's inbox: what the portal sent, readable by whoever tries it.

Threat model: it shows other people's mail, sign-in codes included, so it exists only in the
demonstration, where everything is invented; elsewhere it answers 404. The HTML part is shown in a
frame without script, form, style sheet of ours, nor picture from elsewhere.
"""

from functools import wraps
from typing import Any
from uuid import UUID

from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.decorators import csp, csp_update
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET

from emn.lib.access import View, open_form
from emn.mailings import inbox

_SANDBOX = "allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation"
_LETTER_POLICY: dict[str, Any] = {
    "default-src": [NONE],
    "style-src": [UNSAFE_INLINE],  # mail programs read nothing else
    "img-src": ["data:"],
    "base-uri": [NONE],
    "form-action": [NONE],
    "frame-ancestors": [SELF],
    "sandbox": _SANDBOX,
}


def demo_only(view: View) -> View:
    """Answer 404 outside the demonstration."""

    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not settings.DEMO:
            raise Http404
        return view(request, *args, **kwargs)

    return wrapper


@open_form
@require_GET
@demo_only
def letter_list(request: HttpRequest) -> HttpResponse:
    """List the last messages."""
    return render(request, "mailings/letter_list.html", {"letters": list(inbox.newest_letters())})


@open_form
@require_GET
@demo_only
@csp_update({"frame-src": [SELF]})  # type: ignore[arg-type]  # typed for views without arguments
def letter_detail(request: HttpRequest, key: UUID) -> HttpResponse:
    """Show one message: its text, and its page in a frame."""
    return render(
        request, "mailings/letter_detail.html", {"letter": _letter(key), "sandbox": _SANDBOX}
    )


@open_form
@require_GET
@demo_only
@csp(_LETTER_POLICY)  # type: ignore[arg-type]  # as above
@xframe_options_sameorigin
def letter_html(_request: HttpRequest, key: UUID) -> HttpResponse:
    """Give the HTML part as the mail program gets it; its links open in the whole window."""
    html = _letter(key).html
    if not html:
        raise Http404
    return HttpResponse(html.replace("<a ", '<a target="_top" '))


def _letter(key: UUID) -> inbox.Letter:
    letter = inbox.find_letter(key)
    if letter is None:
        raise Http404
    return letter
