"""What the answers to needs say in the ledger of trust: the delay of the first human reply (D)."""

import hashlib
from datetime import datetime

from django.utils import timezone

from directory.enums import TrustSource
from directory.models import Proposal
from directory.services import trust
from directory.trust.events import Kind


def note_answer(proposal: Proposal, *, answered: bool, now: datetime) -> None:
    """Record, in the caller's transaction, that a provider answered a request, or let it pass.

    Taking and refusing are both answers. The client’s SIREN comes from the register and its need
    was confirmed from its mailbox; the formula counts one request a client in 90 days.
    """
    company = proposal.need.company
    assert company is not None
    today = timezone.localdate(now)
    is_own = company.siren == proposal.provider.company.siren
    trust.record(
        provider_id=proposal.provider_id,
        kind=Kind.REQUEST,
        effective_on=today,
        payload={
            "request": f"need:{proposal.need_id}",
            "client": hashlib.sha256(company.siren.encode()).hexdigest(),
            "asked_on": timezone.localdate(proposal.sent_at).isoformat(),
            "answered_on": today.isoformat() if answered else None,
            "excluded": "linked_party" if is_own else "",
        },
        source=TrustSource.REQUESTS,
        key=f"request:{proposal.pk}",
        now=now,
    )
