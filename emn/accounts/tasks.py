"""The nightly upkeep of personal data."""

from celery import shared_task
from django.utils import timezone


@shared_task(acks_late=True, ignore_result=True)
def keep_personal_data_in_order() -> None:
    """Warn inactive people, then erase what is older than its retention period."""
    from emn.accounts import services  # noqa: PLC0415 -- leaf
    from emn.lib import rate_limit  # noqa: PLC0415 -- leaf

    now = timezone.now()
    services.notify_inactive_accounts(now=now)
    services.purge_personal_data(now=now, write=True)
    rate_limit.forget_closed_windows(now=now)
