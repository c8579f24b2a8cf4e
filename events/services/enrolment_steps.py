"""What opening, signing and ending an enrolment share."""

from typing import Any

from emn.lib.errors import DomainError
from events.models import (
    CapacityPool,
    Enrolment,
    Registration,
    Session,
    TrainingSession,
)
from events.services import seats


class EnrolmentRefused(DomainError):
    """The enrolment cannot be opened, signed or ended so."""


def training_label(own: TrainingSession) -> str:
    """Return how the training is named on an order."""
    return f"{own.training.title}, {own.session.local_start:%d/%m/%Y}"


def service_dates(session: Session) -> dict[str, Any]:
    """Return the days of a session, as an order keeps them."""
    first, last = session.local_start.date(), session.local_end.date()
    return {"service_from": first, "service_until": last}


def locked(
    enrolment_id: int,
) -> tuple[Enrolment, dict[int, CapacityPool], list[Registration]]:
    """Hold the seats of the session, then read the enrolment as it is now."""
    rows = Enrolment.objects.filter(forgotten_at=None)
    session_id = rows.values_list("training_session__session", flat=True).get(pk=enrolment_id)
    _session, pools = seats.lock(session_id)
    found = rows.select_related(
        "order", "training_session__session__room", "training_session__training"
    ).get(pk=enrolment_id)
    held = Registration.objects.filter(trainee__enrolment=found).order_by("pk")
    return found, pools, list(held)
