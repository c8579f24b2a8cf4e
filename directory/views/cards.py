"""One provider's public card."""

from datetime import date
from functools import partial

from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.views.decorators.http import require_safe

from directory.models import SearchDocument
from directory.queries import CardDetail, card_detail
from directory.views.moved import moved
from emn.lib.access import public


@public
@require_safe
def provider_card(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a published card; any other state answers 404, a merged card sends to the one kept.

    The index row says which version of the card is current; the rest is read only when that
    version has not been rendered yet.
    """
    rows = SearchDocument.objects.only("pk", "slug", "name", "tagline", "written_at")
    card = rows.filter(slug=slug).first()
    if card is None:
        return moved(slug, "directory:provider")
    today = timezone.localdate()
    detail = SimpleLazyObject(partial(_detail, card.pk, today=today))
    context = {"card": card, "detail": detail, "month": (today.year, today.month)}
    return render(request, "directory/provider_detail.html", context)


def _detail(provider_id: int, *, today: date) -> CardDetail:
    """Read the card; one that was hidden since its row was read is not found."""
    try:
        return card_detail(provider_id, today=today)
    except ObjectDoesNotExist as gone:
        raise Http404 from gone
