"""Tasks of the outbox: leaves that carry ids to one service."""

from celery import shared_task
from django.utils import timezone


@shared_task
def deliver_emails(*, email_ids: list[int]) -> None:
    """Deliver these outbox rows. Safe to run twice, late, or for rows already sent."""
    from emn.mailings.services import outbox as services  # noqa: PLC0415 -- leaf

    services.deliver_batch(email_ids=email_ids)


@shared_task
def sweep() -> None:
    """Ring again for what is due and give back what a dead worker held. Safe to run twice."""
    from emn.mailings.services import outbox as services  # noqa: PLC0415 -- leaf

    services.sweep(now=timezone.now())


@shared_task
def run_subscriber_import(*, import_id: int) -> None:
    """Read a file of people, or write it once it was asked. Safe to run twice."""
    from emn.mailings.services import subscriber_imports  # noqa: PLC0415 -- leaf

    subscriber_imports.check_import(import_id=import_id, now=timezone.now())
    subscriber_imports.write_import(import_id=import_id, now=timezone.now())
