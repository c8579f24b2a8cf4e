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


@shared_task
def inform_imported() -> None:
    """Tell imported people where their address comes from. Safe to run twice, or two at once."""
    from emn.mailings.services import notices  # noqa: PLC0415 -- leaf

    notices.inform(now=timezone.now())


@shared_task
def check_links(*, campaign_id: int) -> None:
    """Ask the addresses of a draft whether they lead somewhere. Safe to run twice or late."""
    from emn.mailings.services import drafts as services  # noqa: PLC0415 -- leaf

    services.check_links(campaign_id=campaign_id, now=timezone.now())


@shared_task
def start_due_campaigns() -> None:
    """Start the envois whose hour has come, hold the late ones. Safe to run twice."""
    from emn.mailings.services import campaigns  # noqa: PLC0415 -- leaf

    campaigns.start_due(now=timezone.now())


@shared_task
def run_campaign(*, campaign_id: int) -> None:
    """Send what is due of an envoi, for some seconds. Safe to run twice, or several at once."""
    from emn.mailings.services import delivery  # noqa: PLC0415 -- leaf

    delivery.run_campaign(campaign_id=campaign_id)


@shared_task
def sweep_campaigns() -> None:
    """Settle what dead runs left, ring for envois that have work. Safe to run twice."""
    from emn.mailings.services import audiences, closing, delivery  # noqa: PLC0415 -- leaf

    delivery.sweep_campaigns(now=timezone.now())
    closing.ring_again()
    audiences.ring_again(now=timezone.now())


@shared_task
def close_cancelled(*, campaign_id: int) -> None:
    """Set aside whom a cancelled envoi waited for. Safe to run twice, late or several at once."""
    from emn.mailings.services import closing  # noqa: PLC0415 -- leaf

    closing.close_cancelled(campaign_id=campaign_id)


@shared_task
def reopen_doubts(*, campaign_id: int) -> None:
    """Let uncertain messages wait again, as decided. Safe to run twice, late or several at once."""
    from emn.mailings.services import closing  # noqa: PLC0415 -- leaf

    closing.reopen_doubts(campaign_id=campaign_id)


@shared_task
def count_audience(*, campaign_id: int) -> None:
    """Count who would receive an envoi, once it was asked. Safe to run twice or late."""
    from emn.mailings.services import audiences  # noqa: PLC0415 -- leaf

    audiences.count(campaign_id=campaign_id, now=timezone.now())


@shared_task
def run_subscriber_import(*, import_id: int) -> None:
    """Read a file of people, or write it once it was asked. Safe to run twice."""
    from emn.mailings.services import subscriber_imports  # noqa: PLC0415 -- leaf

    subscriber_imports.check_import(import_id=import_id, now=timezone.now())
    subscriber_imports.write_import(import_id=import_id, now=timezone.now())


@shared_task
def read_returns() -> None:
    """Read for some minutes the mailbox where returns arrive. Safe to run twice, or at once."""
    from emn.mailings.services import mailboxes  # noqa: PLC0415 -- leaf

    mailboxes.read_returns()
