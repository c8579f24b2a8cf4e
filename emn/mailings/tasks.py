"""Tasks of mail: leaves that carry ids to one service."""

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
def ask_to_stay() -> None:
    """Ask silent subscribers whether to go on. Safe to run twice: each is asked once."""
    from emn.mailings.services import consent as services  # noqa: PLC0415 -- leaf

    services.ask_to_stay(now=timezone.now())
