"""Which rows of surveys and publications are a person’s own: their export and their erasure."""

from django.db.models import Q

from emn.accounts.personal_data import PersonalData, Rows, exempt, register, without
from emn.mailings.addresses import mailbox_hash
from emn.questionnaires.models import Run
from observatory.models import (
    AnonymousSheet,
    AnswerSheet,
    DrawnUnit,
    MicroSurveyReader,
    Publication,
    PublicationTranslation,
)


def _forget_address(rows: Rows) -> None:
    """Forget who was written to; the firm stays in the sample."""
    rows.update(email="", mailbox_hash="")


def _forget_sheet(rows: Rows) -> None:
    """Erase the answers with the sheet, and what it weighed."""
    runs = list(rows.values_list("run", flat=True))
    rows.delete()
    Run.objects.filter(pk__in=runs).delete()


def register_own_data() -> None:
    """Register who was asked and what was answered; say what is nobody's."""
    register(
        PersonalData(
            model=DrawnUnit,
            about=lambda user: Q(email=user.email),
            export=("survey__title", "siret", "email", "outcome", "settled_on", "reminders"),
            erase=_forget_address,
            retention={
                "survey_address": lambda _now, cutoff: (
                    Q(survey__closed_at__lt=cutoff) & ~Q(email="")
                ),
            },
        ),
        PersonalData(
            model=AnswerSheet,
            about=lambda user: Q(unit__email=user.email),
            export=("survey__title", "unit__siret", "mode", "submitted_at",
                    "run__answers__question", "run__answers__value"),
            erase=_forget_sheet,
            retention={
                "survey_sheet": lambda _now, cutoff: Q(survey__closed_at__lt=cutoff),
            },
        ),
        PersonalData(
            model=Publication,
            about=lambda user: Q(published_by=user),
            export=("title", "reference", "published_at"),
            erase=without("published_by"),
        ),
        PersonalData(
            model=PublicationTranslation,
            about=lambda user: Q(written_by=user),
            export=("publication__title", "language", "number", "written_at"),
            erase=without("written_by"),
        ),
        PersonalData(
            model=MicroSurveyReader,  # that they answered; what was answered is nobody’s
            about=lambda user: Q(subscriber__mailbox_hash=mailbox_hash(user.email)),
            export=("micro_survey__title", "answered_on"),
        ),
    )  # fmt: skip
    exempt(AnonymousSheet, because="no row, key or time ties it to a person (R2.13)")
