"""What the pages tell of their cards, and what the owner of a card sees of it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from directory.funnel import funnel
from directory.measures import note_views
from directory.models import Provider
from directory.services.measures import COUNTED
from emn.accounts.requests import MemberRequest
from emn.lib.access import member, open_form


@csrf_exempt  # public pages carry no token; what is counted is nobody's (ADR 10)
@open_form
@require_POST
def measure(request: HttpRequest) -> HttpResponse:
    """Count what measure.js says of the cards of its page; the answer never tells anything."""
    if (what := request.POST.get("quoi", "")) in COUNTED:
        note_views(request, what=what, slugs=request.POST.getlist("fiche"))
    return HttpResponse(status=204)


@member
@require_safe
def card_views(request: MemberRequest, provider_id: int) -> HttpResponse:
    """Show an owner how often clients saw its card."""
    provider = get_object_or_404(Provider.objects.of(request.user), pk=provider_id)
    seen = funnel(provider_id=provider.pk, today=timezone.localdate())
    return render(request, "directory/card_views.html", {"provider": provider, "funnel": seen})
