"""What the portal asks of a provider of payment by card, in its own words."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol


class CardTrouble(Exception):
    """The provider does not answer, or refuses. Nothing was paid."""


class BadSignature(Exception):
    """A message that does not prove that it comes from the provider."""


class EventKind(Enum):
    """What a message of the provider says."""

    PAID = "paid"
    FAILED = "failed"
    REFUNDED = "refunded"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True)
class StartedPayment:
    """A page of the provider where the buyer pays."""

    ref: str
    url: str


@dataclass(frozen=True, kw_only=True)
class CardEvent:
    """A message, once it is believed.

    `payment_id`: ours, given at the start. `amount_cents`: paid in all. `refunded_cents`: given
    back in all, so that messages out of order end the same.
    """

    event_id: str
    kind: EventKind
    name: str
    created_at: datetime
    payment_id: int | None = None
    intent_ref: str = ""
    amount_cents: int = 0
    currency: str = ""
    refunded_cents: int = 0


class PaymentProvider(Protocol):
    """A provider of payment by card."""

    @property
    def name(self) -> str:
        """What its payments and messages are filed under."""
        ...

    def start(
        self,
        *,
        payment_id: int,
        amount_cents: int,
        label: str,
        email: str,
        language: str,
        return_url: str,
        until: datetime,
    ) -> StartedPayment:
        """Open a page of payment that ends by itself at `until`. Raises CardTrouble."""
        ...

    def close(self, *, ref: str) -> bool:
        """End a page before its time; False: somebody has paid there. Raises CardTrouble."""
        ...

    def refund(self, *, payment_id: int, intent_ref: str, amount_cents: int, key: str) -> None:
        """Ask for money to be given back; the same `key` twice is once. Raises CardTrouble."""
        ...

    def read_event(self, *, body: bytes, signature: str, now: datetime) -> CardEvent:
        """Believe a message and read it. Raises BadSignature, ValueError."""
        ...
