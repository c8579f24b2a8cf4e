"""Cards that were merged: their old address leads to the one that was kept, for good."""

from django.http import Http404, HttpResponsePermanentRedirect
from django.urls import reverse

from directory.enums import ProviderStatus
from directory.models import CardRedirect


def moved(slug: str, url_name: str) -> HttpResponsePermanentRedirect:
    """Redirect to the same page of the card that `slug` became, in the language of the page.

    Raises Http404 when nothing was ever there, or when that card is not public.
    """
    rows = CardRedirect.objects.filter(slug=slug, provider__status=ProviderStatus.PUBLISHED)
    kept = rows.values_list("provider__slug", flat=True).first()
    if kept is None:
        raise Http404
    return HttpResponsePermanentRedirect(reverse(url_name, args=[kept]))
