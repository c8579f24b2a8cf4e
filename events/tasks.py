"""Tasks of the events."""

from celery import shared_task
from django.utils import timezone


@shared_task
def tell_changes(*, session_id: int) -> None:
    """Tell who is registered that a session was moved or called off. Safe to run twice."""
    from events.services import clocks  # noqa: PLC0415 -- leaf

    clocks.tell_changes(session_id=session_id, now=timezone.now())


@shared_task
def promote(*, session_id: int) -> None:
    """Offer the free seats of a session to its waiting list. Safe to run twice."""
    from events.services import registrations  # noqa: PLC0415 -- leaf

    registrations.promote(session_id=session_id, now=timezone.now())


@shared_task
def greet() -> None:
    """Write to the mailboxes that were typed in a form. Safe to run twice, or two at once."""
    from events.services import greetings  # noqa: PLC0415 -- leaf

    greetings.greet_all(now=timezone.now())


@shared_task
def send_message(*, message_id: int) -> None:
    """Write a message of the centre to each of its recipients. Safe to run twice."""
    from events.services import messages  # noqa: PLC0415 -- leaf

    messages.send(message_id=message_id, now=timezone.now())


@shared_task
def run_clocks() -> None:
    """Do what the clocks of sessions say is due. Safe to run twice, and by two workers."""
    from events.services import clocks  # noqa: PLC0415 -- leaf

    clocks.tick(now=timezone.now())


@shared_task
def write_badges(*, sheet_id: int, language: str) -> None:
    """Compose a sheet of badges. Safe to run twice."""
    from events.services import badges  # noqa: PLC0415 -- leaf

    badges.write(sheet_id=sheet_id, language=language, now=timezone.now())


@shared_task
def run_training_clocks() -> None:
    """Do what the clocks of trainings say is due. Safe to run twice, and by two workers."""
    from events.services import training_clocks  # noqa: PLC0415 -- leaf

    training_clocks.tick(now=timezone.now())


@shared_task
def make_training_document(*, document_id: int) -> None:
    """Make the PDF of a paper of a training, and send it. Safe to run twice."""
    from events.services import training_documents  # noqa: PLC0415 -- leaf

    training_documents.make(document_id=document_id, now=timezone.now())


@shared_task
def make_invoice(*, invoice_id: int) -> None:
    """Make the document of an invoice, and send it. Safe to run twice."""
    from events.services import invoices  # noqa: PLC0415 -- leaf

    invoices.make_document(invoice_id=invoice_id, now=timezone.now())


@shared_task
def run_money_clocks() -> None:
    """Do what the clocks of money say is due. Safe to run twice, and by two workers."""
    from events.services import money_clocks  # noqa: PLC0415 -- leaf

    money_clocks.tick(now=timezone.now())


# --- Rendez-vous solutions ---


@shared_task
def compute_timetable(*, timetable_id: int) -> None:
    """Compute one version of the tables of an evening. Safe to run twice, and by two workers."""
    from events.services import timetables  # noqa: PLC0415 -- leaf

    timetables.compute(timetable_id=timetable_id, now=timezone.now())


@shared_task
def tell_tables(*, evening_id: int) -> None:
    """Tell whoever's tables changed since they were last told. Safe to run twice."""
    from events.services import timetables  # noqa: PLC0415 -- leaf

    timetables.tell(evening_id=evening_id, now=timezone.now())


@shared_task
def run_table_clocks() -> None:
    """Do what the clocks of the tables say is due. Safe to run twice, and by two workers."""
    from events.services import table_clocks  # noqa: PLC0415 -- leaf

    table_clocks.tick(now=timezone.now())


@shared_task
def run_showroom_clocks() -> None:
    """Do what the clocks of the showrooms say is due. Safe to run twice, and by two workers."""
    from events.services import showroom_clocks  # noqa: PLC0415 -- leaf

    showroom_clocks.tick(now=timezone.now())
