"""One provider's public card."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from directory.models import Provider
from directory.reference import taxonomy
from directory.structured_data import provider_json_ld
from emn.lib.access import public


@public
@require_safe
def provider_card(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a published card; any other state answers 404."""
    cards = Provider.objects.published().with_place().select_related("document")
    provider = get_object_or_404(cards, slug=slug)
    entries = taxonomy()
    services = [entries[pk] for pk in provider.document.service_ids if pk in entries]
    now = timezone.now()
    return render(
        request,
        "directory/provider_detail.html",
        {
            "provider": provider,
            "company": provider.company,
            "months_since_confirmed": provider.months_since_confirmed(now=now),
            "services": services,
            "json_ld": provider_json_ld(provider, services),
        },
    )
