"""The picture shown where a card's address is shared: drawn by a task, never in a request."""

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from directory.cards import ComposedCard, composed
from directory.enums import ProviderStatus
from directory.models import Provider
from directory.search.index import index
from emn.lib.commit import after_commit
from emn.lib.page_cache import touch
from emn.lib.social_cards import Words
from emn.lib.social_cards.drawing import draw


def draw_after_commit(provider: Provider) -> None:
    """Have the picture drawn once the card is committed, when what it shows has changed."""
    from directory.tasks import draw_share_picture  # noqa: PLC0415 -- tasks import the services

    card = composed(provider, on=timezone.localdate())
    if card.share_picture != _name(provider, card):
        after_commit(lambda: draw_share_picture.delay(provider.pk))


def draw_share_picture(*, provider_id: int) -> bool:
    """Draw, store and show the picture of a public card; False when there was nothing to do.

    Drawn without an open transaction; written only if the card still says the same.
    """
    cards = Provider.objects.published().with_place()
    provider = cards.filter(pk=provider_id).first()
    if provider is None:
        return False
    card = composed(provider, on=timezone.localdate())
    name, old = _name(provider, card), card.share_picture
    if name == old:
        return False
    if not default_storage.exists(name):
        default_storage.save(name, ContentFile(draw(_words(provider, card))))
    with transaction.atomic(durable=True):
        same = cards.select_for_update(of=("self",)).filter(pk=provider_id, share_picture=old)
        provider = same.first()
        if provider is None or _name(provider, composed(provider, on=timezone.localdate())) != name:
            return False
        provider.share_picture = name
        Provider.objects.filter(pk=provider_id).update(share_picture=name)
        index(provider)
        touch()
    if old:
        default_storage.delete(old)
    return True


def cards_without_picture(*, limit: int) -> list[int]:
    """Return public cards that have none: their task was lost, or they are new in bulk."""
    cards = Provider.objects.filter(status=ProviderStatus.PUBLISHED, share_picture="")
    return list(cards.order_by("pk").values_list("pk", flat=True)[:limit])


def _name(provider: Provider, card: ComposedCard) -> str:
    """Return the name that what the picture shows gives it."""
    return f"partage/{provider.slug}-{_words(provider, card).digest[:12]}.png"


def _words(provider: Provider, card: ComposedCard) -> Words:
    return Words(
        section=provider.company.commune.name, title=card.name, line=card.tagline, logo=card.logo
    )
