"""What the events hold about people (see emn.accounts.personal_data)."""

from functools import partial

from django.db.models import Q
from django.utils import timezone

from emn.accounts.personal_data import PersonalData, Rows, register
from emn.lib.commit import after_commit
from events.enums import EndReason, RegistrationStatus
from events.models import BadgeSheet, OwnCalendar, Registration, Scan, SessionMessage
from events.models.registrations import ACTIVE
from events.services.registrations import fold_email
from events.tasks import promote


def _forget(rows: Rows) -> None:
    """Keep what is counted (session, company, presence), without the person.

    Whoever still had a seat, or waited, gives it back: the waiting list has it once committed.
    """
    now = timezone.now()
    going = rows.filter(status__in=ACTIVE, session__starts_at__gt=now)
    freed = set(going.values_list("session", flat=True))
    going.update(
        status=RegistrationStatus.CANCELLED,
        end_reason=EndReason.PERSON,
        ended_at=now,
        expires_at=None,
    )
    rows.filter(forgotten_at=None).update(
        full_name="", email="", companions=[], answers=[], greeting_due_at=None, forgotten_at=now
    )
    for session_id in sorted(freed):
        after_commit(partial(promote.delay, session_id=session_id))


def _forget_who_did(rows: Rows) -> None:
    """Keep what was done, without the agent."""
    rows.update(by=None)


def register_own_data() -> None:
    """Register the registrations."""
    register(
        PersonalData(
            model=Registration,
            about=lambda user: Q(email=fold_email(user.email), forgotten_at=None),
            export=(
                "session__title", "session__starts_at", "status", "seats", "full_name", "email",
                "company_name", "siret", "companions", "answers", "registered_at", "taken_at",
                "confirmed_at", "ended_at", "end_reason",
            ),
            erase=_forget,
            retention={
                "unconfirmed_registration": lambda _now, cutoff: Q(
                    end_reason=EndReason.HOLD, ended_at__lt=cutoff, forgotten_at=None
                ),
                "registration": lambda _now, cutoff: Q(
                    session__ends_at__lt=cutoff, forgotten_at=None
                ),
            },
        ),
        PersonalData(
            model=OwnCalendar,
            about=lambda user: Q(email=fold_email(user.email)),
            export=("email", "made_at"),
            retention={"own_calendar": lambda _now, cutoff: Q(made_at__lt=cutoff)},
        ),
        PersonalData(
            model=SessionMessage,
            about=lambda user: Q(by=user),
            export=("session__title", "subject", "written_at"),
            erase=_forget_who_did,
        ),
        PersonalData(
            model=Scan,
            about=lambda user: Q(by=user),
            export=("session__title", "outcome", "scanned_at"),
            erase=_forget_who_did,
        ),
        PersonalData(
            model=BadgeSheet,
            about=lambda user: Q(session__registrations__email=fold_email(user.email)),
            export=("session__title", "asked_at"),
            retention={"badge_sheet": lambda _now, cutoff: Q(asked_at__lt=cutoff)},
        ),
    )  # fmt: skip
