"""Measuring what the centre promises, once a day."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from emn.lib.page_cache import touch
from observatory.models import ServiceLevel
from observatory.promise_queries import PROMISES


@transaction.atomic(durable=True)
def measure(*, now: datetime) -> int:
    """Write today’s reading of each promise, over an earlier one of today; return how many."""
    today = timezone.localdate(now)
    for key, rule in PROMISES.items():
        found = rule.measure(now)
        ServiceLevel.objects.update_or_create(
            promise=key,
            measured_on=today,
            defaults={"cases": found.cases, "value": found.value, "kept": found.kept},
        )
    touch()
    return len(PROMISES)
