"""One provider's public card."""

from dataclasses import dataclass
from datetime import date
from functools import partial

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from directory.cards import ComposedCard, Words, composed
from directory.models import CommitteeCase, Provider
from directory.queries import card_head
from directory.reference import ServiceEntry, taxonomy
from directory.review_reading import CardReviews, card_reviews
from directory.statements import Summary, summary_for
from directory.structured_data import provider_json_ld
from directory.views.moved import moved
from emn.lib.access import public


@dataclass(frozen=True, slots=True)
class CardDetail:
    """Everything a provider's page shows, in the language of the page."""

    provider: Provider
    card: ComposedCard
    tagline: Words
    description: Words
    services: list[ServiceEntry]
    months_since_confirmed: int | None
    json_ld: str
    trust: Summary | None
    reviews: CardReviews
    warnings: list[CommitteeCase]

    @property
    def share_picture_url(self) -> str:
        """The absolute address of the picture shown where the card is shared."""
        return settings.PUBLIC_URL + default_storage.url(self.card.share_picture)


@public
@require_safe
def provider_card(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a published card; any other state answers 404, a merged card sends to the one kept.

    The index row says which version of the card is current; the rest is read only when that
    version has not been rendered yet, or not on this day: labels end and years pass.
    """
    row = card_head(slug)
    if row is None:
        return moved(slug, "directory:provider")
    today = timezone.localdate()
    detail = SimpleLazyObject(partial(_detail, row.pk, today=today))
    context = {"row": row, "slug": slug, "detail": detail, "today": today}
    return render(request, "directory/provider_detail.html", context)


def _detail(provider_id: int, *, today: date) -> CardDetail:
    """Read the card; one that was hidden since its row was read is not found."""
    cards = Provider.objects.with_place().with_content().select_related("document")
    try:
        provider = cards.get(pk=provider_id)
        service_ids = provider.document.service_ids
    except ObjectDoesNotExist as gone:
        raise Http404 from gone
    card, entries = composed(provider, on=today), taxonomy()
    services = [entries[pk] for pk in service_ids if pk in entries]
    language = get_language() or "fr"
    return CardDetail(
        provider=provider,
        card=card,
        tagline=card.tagline_in(language),
        description=card.description_in(language),
        services=services,
        months_since_confirmed=provider.months_since_confirmed(today=today),
        json_ld=provider_json_ld(provider, card, services),
        trust=summary_for(provider.pk),
        reviews=card_reviews(provider.pk),
        warnings=list(CommitteeCase.objects.warning([provider.company.siren], on=today)),
    )
