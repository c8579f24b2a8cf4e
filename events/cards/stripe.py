"""Stripe, by its HTTP interface: Checkout Session, Refund, signed webhooks.

Source: docs.stripe.com/api (checkout/sessions, refunds) and docs.stripe.com/webhooks/signature:
the header `Stripe-Signature` holds `t=` and one or more `v1=`, HMAC-SHA256 of «t.body».
"""

import hashlib
import hmac
import json
import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from events.cards.port import BadSignature, CardEvent, CardTrouble, EventKind, StartedPayment

logger = logging.getLogger(__name__)

TOLERANCE = timedelta(minutes=5)
TIMEOUT_S = 10
VERSION = "2025-03-31.basil"
_KINDS = {
    "checkout.session.completed": EventKind.PAID,
    "checkout.session.async_payment_succeeded": EventKind.PAID,
    "checkout.session.async_payment_failed": EventKind.FAILED,
    "checkout.session.expired": EventKind.FAILED,
    "charge.refunded": EventKind.REFUNDED,
}


@dataclass(frozen=True, kw_only=True)
class Stripe:
    """The account of the centre at Stripe."""

    api_url: str
    secret_key: str
    webhook_secret: str
    name: str = "stripe"

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
        """Open a Checkout Session; its metadata, and its payment's, name our payment.

        Stripe takes an `expires_at` from thirty minutes to a day after the opening.
        """
        answer = self._post(
            "/v1/checkout/sessions",
            {
                "mode": "payment",
                "locale": language,
                "success_url": f"{return_url}?dit=paye",
                "cancel_url": return_url,
                "expires_at": str(int(until.timestamp())),
                "client_reference_id": str(payment_id),
                "metadata[payment_id]": str(payment_id),
                "payment_intent_data[metadata][payment_id]": str(payment_id),
                "line_items[0][quantity]": "1",
                "line_items[0][price_data][currency]": "eur",
                "line_items[0][price_data][unit_amount]": str(amount_cents),
                "line_items[0][price_data][product_data][name]": label[:250],
                **({"customer_email": email} if email else {}),
            },
            key=f"emn-payment-{payment_id}",
        )
        try:
            return StartedPayment(ref=str(answer["id"]), url=str(answer["url"]))
        except KeyError as error:
            raise CardTrouble("no page") from error

    def close(self, *, ref: str) -> bool:
        """Expire a Checkout Session; one that is not open any more says how it ended."""
        page = f"/v1/checkout/sessions/{quote(ref, safe='')}"
        try:
            self._post(f"{page}/expire", {}, key=f"emn-expire-{ref}")
        except _Refused:
            return self._ask("GET", page).get("status") == "expired"
        return True

    def refund(self, *, payment_id: int, intent_ref: str, amount_cents: int, key: str) -> None:
        """Ask for a refund; the webhook will say that it is made."""
        self._post(
            "/v1/refunds",
            {
                "payment_intent": intent_ref,
                "amount": str(amount_cents),
                "metadata[payment_id]": str(payment_id),
            },
            key=key,
        )

    def read_event(self, *, body: bytes, signature: str, now: datetime) -> CardEvent:
        """Check the signature over the bytes as they came, then read the event."""
        self._check(body, signature, now)
        event = json.loads(body)
        try:
            return _read(event)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError("not an event of Stripe") from error

    def _check(self, body: bytes, signature: str, now: datetime) -> None:
        parts = [part.strip().partition("=") for part in signature.split(",")]
        stamps = [value for name, _equals, value in parts if name == "t"]
        given = [value for name, _equals, value in parts if name == "v1"]
        if len(stamps) != 1 or not (stamps[0].isascii() and stamps[0].isdecimal()):
            raise BadSignature
        if len(stamps[0]) > 12 or abs(now.timestamp() - int(stamps[0])) > TOLERANCE.total_seconds():  # noqa: PLR2004 -- digits of a plausible instant
            raise BadSignature
        signed = f"{stamps[0]}.".encode() + body
        right = hmac.new(self.webhook_secret.encode(), signed, hashlib.sha256).hexdigest()
        if not any(hmac.compare_digest(right.encode(), value.encode()) for value in given):
            raise BadSignature

    def _post(self, path: str, data: dict[str, str], *, key: str) -> dict[str, Any]:
        return self._ask("POST", path, data=data, headers={"Idempotency-Key": key})

    def _ask(
        self, method: str, path: str, *, data: dict[str, str] | None = None, headers: Any = None
    ) -> dict[str, Any]:
        own = {"Authorization": f"Bearer {self.secret_key}", "Stripe-Version": VERSION}
        try:
            response = httpx.request(
                method, f"{self.api_url}{path}", data=data, headers=own | (headers or {}),
                timeout=TIMEOUT_S, follow_redirects=False,
            )  # fmt: skip
            if response.status_code == HTTPStatus.BAD_REQUEST:
                raise _Refused("stripe")
            response.raise_for_status()
            answer: dict[str, Any] = response.json()
        except (httpx.HTTPError, ValueError) as error:
            logger.warning("stripe refused or did not answer: %s", type(error).__name__)
            raise CardTrouble("stripe") from error
        return answer


class _Refused(CardTrouble):
    """Stripe understood, and does not do it: what is asked for is over."""


def _read(event: dict[str, Any]) -> CardEvent:
    thing = event["data"]["object"]
    kind = _KINDS.get(event["type"], EventKind.OTHER)
    if event["type"] == "checkout.session.completed" and thing["payment_status"] != "paid":
        kind = EventKind.OTHER  # a slow means: `async_payment_succeeded` will follow
    own = str((thing.get("metadata") or {}).get("payment_id", ""))
    is_charge = kind is EventKind.REFUNDED
    return CardEvent(
        event_id=str(event["id"]),
        kind=kind,
        name=str(event["type"]),
        created_at=datetime.fromtimestamp(int(event["created"]), tz=UTC),
        payment_id=int(own) if own.isascii() and own.isdecimal() and len(own) < 19 else None,  # noqa: PLR2004 -- digits of a bigint
        intent_ref=str(thing.get("payment_intent") or ""),
        amount_cents=int(thing.get("amount" if is_charge else "amount_total") or 0),
        currency=str(thing.get("currency") or ""),
        refunded_cents=int(thing.get("amount_refunded") or 0) if is_charge else 0,
    )
