"""What the diagnostics hold about people (see emn.accounts.personal_data)."""

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from diagnostics.enums import Depth, Party
from diagnostics.models import (
    Adviser,
    Appointment,
    Diagnostic,
    EvidencePhoto,
    InterviewAct,
    VisitSignature,
    VoiceLink,
)
from emn.accounts.models import User
from emn.accounts.personal_data import PersonalData, Rows, register, without
from emn.lib.storage import delete_after_commit
from emn.questionnaires.models import AnswerFile, Run


def _forget(rows: Rows) -> None:
    """Delete what is nobody's, and visits whose time is over; else forget who put it there."""
    going = rows.filter(Q(company=None) | Q(depth=Depth.ON_SITE))
    keys = list(going.values_list("pk", "run_id", "appointment_id"))
    delete_after_commit(
        *(photo.file for photo in EvidencePhoto.objects.filter(diagnostic__in=[k[0] for k in keys]))
    )
    Diagnostic.objects.filter(pk__in=[key[0] for key in keys]).delete()
    Run.objects.filter(pk__in=[key[1] for key in keys]).delete()
    Appointment.objects.filter(pk__in=[key[2] for key in keys if key[2]]).delete()
    rows.update(claimed_by=None)


def _forget_adviser(rows: Rows) -> None:
    rows.update(user=None, takes_visits=False)


def _forget_booker(rows: Rows) -> None:
    rows.update(booked_by=None, phone="", wish="")


def _visits_await(user: User) -> str | None:
    coming = Appointment.objects.to_come(now=timezone.now()).filter(adviser__user=user)
    return _("Des entreprises attendent votre visite.") if coming.exists() else None


def register_own_data() -> None:
    """Register the diagnostics, the visits and what is signed of them."""
    register(
        PersonalData(
            model=Adviser,
            about=lambda user: Q(user=user),
            export=("visit_limit", "takes_visits"),
            erase=_forget_adviser,
            objection=_visits_await,
        ),
        PersonalData(
            model=Appointment,
            about=lambda user: Q(booked_by=user),
            export=("company__name", "starts_at", "phone", "wish", "booked_at", "cancelled_at"),
            erase=_forget_booker,
            retention={
                "visit_appointment": lambda _now, cutoff: (
                    Q(ends_at__lt=cutoff) & ~Q(booked_by=None, phone="", wish="")
                ),
            },
        ),
        PersonalData(
            model=Diagnostic,
            about=lambda user: Q(claimed_by=user),
            export=("company__name", "depth", "stage", "run__finished_at", "claimed_at", "result"),
            erase=_forget,
            retention={
                "unclaimed_diagnostic": lambda _now, cutoff: Q(
                    company=None, run__touched_at__lt=cutoff
                ),
                "unsigned_interview": lambda _now, cutoff: Q(
                    depth=Depth.ON_SITE, signed_at=None, run__touched_at__lt=cutoff
                ),
                "signed_diagnostic": lambda _now, cutoff: Q(signed_at__lt=cutoff),
            },
        ),
        PersonalData(
            # A file goes with its run; once claimed it is the company’s, like the answers.
            model=AnswerFile,
            about=lambda user: Q(run__diagnostic__claimed_by=user),
            export=("question", "name", "received_at"),
            erasable=lambda rows: rows.filter(run__diagnostic__company=None),
        ),
        PersonalData(
            model=VoiceLink,
            about=lambda user: Q(opened_by=user),
            export=("company__name", "opened_on", "ends_on", "most"),
            erase=without("opened_by"),
        ),
        PersonalData(
            model=InterviewAct,
            about=lambda user: Q(by=user),
            export=("question", "kind", "value", "acted_at"),
            erase=without("by"),
        ),
        PersonalData(
            model=EvidencePhoto,
            about=lambda user: Q(by=user),
            export=("question", "taken_at"),
            erase=without("by"),
        ),
        PersonalData(
            model=VisitSignature,
            about=lambda user: Q(party=Party.ADVISER, diagnostic__adviser__user=user),
            export=("full_name", "signed_at", "shown_sha256"),
            erasable=lambda rows: rows.none(),  # the proof of an aid, ten years (RGPD, 17(3)(b))
        ),
    )
