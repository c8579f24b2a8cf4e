"""The secrets that let a buyer follow an order: quote, acceptance, payment, invoices."""

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils.translation import override

from events.models import Order

_SALT = "events.order"


def token(order_id: int) -> str:
    """Return the secret that lets its holder follow one order."""
    return signing.dumps(order_id, salt=_SALT)


def order_of(value: str) -> Order | None:
    """Return the order that the secret opens; None when it opens nothing, or no more."""
    try:
        order_id = signing.loads(value, salt=_SALT)
    except signing.BadSignature:
        return None
    return Order.objects.filter(pk=order_id, forgotten_at=None).first()


def order_url(order: Order) -> str:
    """Return the address of the buyer's page, in the order's language."""
    with override(order.language):
        return settings.PUBLIC_URL + reverse("events:order", args=[token(order.pk)])
