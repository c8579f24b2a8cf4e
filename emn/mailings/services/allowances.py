"""How much may be sent now: a bucket for the relay, and one for each domain that wants patience.

Called by one claim at a time, inside its transaction.
"""

from datetime import datetime

from emn.mailings.models import Allowance

BURST_S = 2  # seconds of the rate that a bucket holds


def take(key: str, *, rate: int, wanted: int, now: datetime) -> int:
    """Take up to `wanted` messages from a bucket filled at `rate` a second; 0 is no limit."""
    if not rate:
        return wanted
    full = rate * BURST_S
    bucket, _made = Allowance.objects.select_for_update().get_or_create(
        key=key, defaults={"left": full, "filled_at": now}
    )
    waited = max(0.0, (now - bucket.filled_at).total_seconds())
    left = min(full, bucket.left + rate * waited)
    taken = min(wanted, int(left))
    bucket.left, bucket.filled_at = left - taken, now
    bucket.save(update_fields=["left", "filled_at"])
    return taken
