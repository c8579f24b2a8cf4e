"""What a sending provider reports of a message: the same consequences as a notice in the mailbox.

Only failures and wishes are read. Openings and clicks are neither asked for nor recorded (R2.06).
"""

import hashlib
import json
from datetime import datetime

from anymail.signals import AnymailTrackingEvent

from emn.mailings.enums import IncidentSource
from emn.mailings.models import MailIncident
from emn.mailings.returns import LARGEST, READ, read_event
from emn.mailings.services.returns import record_found


def record_event(
    *, provider: str, event: AnymailTrackingEvent, now: datetime
) -> MailIncident | None:
    """Draw the consequences of one event, once; None for what is not recorded.

    The caller has checked who sends it: its recipient is believed.
    """
    if event.event_type not in READ:
        return None
    recipient = str(event.recipient or "").strip().lower()
    payload = _text(event.esp_event)
    found = read_event(
        event=event.event_type,
        reason=str(event.reject_reason or ""),
        answer=str(event.mta_response or ""),
        description=str(event.description or ""),
        recipient=recipient,
        payload=f"{event.message_id or ''}\n{payload}",
    )
    # One event may be about several people; some providers do not number theirs.
    number = event.event_id or f"{event.message_id}:{event.timestamp}"
    named = f"webhook:{provider}:{number}:{event.event_type}:{recipient}"
    return record_found(
        fingerprint=hashlib.sha256(named.encode()).hexdigest(),
        found=found,
        raw=payload.encode()[:LARGEST],
        source=IncidentSource.WEBHOOK,
        now=now,
    )


def _text(received: object) -> str:
    """Write what was received as a person can read it."""
    content = received.dict() if hasattr(received, "dict") else received
    return json.dumps(content, ensure_ascii=False, indent=1, default=str)
