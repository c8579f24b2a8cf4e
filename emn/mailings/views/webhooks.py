"""What sending providers report: read by anymail, believed for its secret.

anymail's views hand what they read to a signal, which nothing here connects: this view asks them to
check and to read, and calls the service.
"""

from anymail.exceptions import AnymailError, AnymailWebhookValidationFailure
from anymail.urls import urlpatterns
from anymail.webhooks.base import AnymailBaseWebhookView
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from emn.lib.access import token
from emn.mailings.services import provider_events as services

_READERS = {
    str(pattern.name).removesuffix("_tracking_webhook"): pattern.callback.view_class
    for pattern in urlpatterns
    if str(pattern.name).endswith("_tracking_webhook")
}


@csrf_exempt
@token
def events(request: HttpRequest, provider: str) -> HttpResponse:
    """Record the events of one request. An unknown provider and a wrong secret answer the same."""
    reader = _reader(provider)
    if request.method == "HEAD":  # some ask whether anybody is there before they send
        return HttpResponse()
    if request.method != "POST":
        return HttpResponseNotAllowed(["HEAD", "POST"])
    try:
        reader.run_validators(request)
    except AnymailWebhookValidationFailure:
        raise Http404 from None
    try:
        found = reader.parse_events(request)
    except (ValueError, KeyError, TypeError, AttributeError, AnymailError):
        return HttpResponse("Événement illisible.", status=400, content_type="text/plain")
    for event in found:
        services.record_event(provider=provider, event=event, now=timezone.now())
    return HttpResponse()


def _reader(provider: str) -> AnymailBaseWebhookView:
    if not settings.ANYMAIL.get("WEBHOOK_SECRET") or provider not in _READERS:
        raise Http404
    try:
        reader: AnymailBaseWebhookView = _READERS[provider]()
    except (AnymailError, ImportError):  # not set up here
        raise Http404 from None
    return reader
