"""The counters of an envoi: what its page shows, without ever counting the ledger."""

from collections.abc import Mapping
from datetime import datetime

from django.db import connection
from django.db.models import F
from psycopg2.extras import execute_values

from emn.mailings.enums import DeliveryState
from emn.mailings.models import Campaign

Outcome = tuple[str, str]  # a language; a key of OUTCOMES
_STATES = (DeliveryState.SENT, DeliveryState.REFUSED, DeliveryState.UNKNOWN)


def note(campaign_id: int, outcomes: Mapping[Outcome, int], *, now: datetime) -> None:
    """Add outcomes → people to the counters of an envoi, in the transaction that settles them.

    The envoi's own row is written first: whoever counts for the same envoi then waits there.
    """
    if not outcomes:
        return
    totals = dict.fromkeys(("sent", "refused", "unknown", "skipped"), 0)
    for (_language, outcome), people in outcomes.items():
        totals[outcome if outcome in _STATES else "skipped"] += people
    Campaign.objects.filter(pk=campaign_id).update(
        **{name: F(name) + people for name, people in totals.items() if people}
    )
    minute = now.replace(second=0, microsecond=0)
    with connection.cursor() as cursor:
        execute_values(
            cursor.cursor,
            """INSERT INTO mailings_progress (campaign_id, minute, language, outcome, count)
               VALUES %s
               ON CONFLICT (campaign_id, minute, language, outcome)
               DO UPDATE SET count = mailings_progress.count + excluded.count""",
            [
                (campaign_id, minute, language, str(outcome), people)
                for (language, outcome), people in outcomes.items()
            ],
        )
