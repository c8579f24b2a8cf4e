"""Payment by card: a small port, and the adapters that speak to providers. No model."""

from django.conf import settings

from events.cards.port import CardEvent, CardTrouble, EventKind, PaymentProvider, StartedPayment
from events.cards.stripe import Stripe

__all__ = [
    "CardEvent",
    "CardTrouble",
    "EventKind",
    "PaymentProvider",
    "StartedPayment",
    "provider",
]


def provider() -> PaymentProvider | None:
    """Return the provider that the centre has chosen; None: cards are not taken."""
    if Stripe.name == settings.CARD_PROVIDER:
        return Stripe(
            api_url=settings.STRIPE_API_URL,
            secret_key=settings.STRIPE_SECRET_KEY,
            webhook_secret=settings.STRIPE_WEBHOOK_SECRET,
        )
    return None
