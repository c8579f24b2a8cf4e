"""What the diagnostics hold about people (see emn.accounts.personal_data)."""

from django.db.models import Q

from diagnostics.models import Diagnostic
from emn.accounts.personal_data import PersonalData, Rows, register
from emn.questionnaires.models import Run


def _forget(rows: Rows) -> None:
    """Delete what is nobody's, answers included; of a company's, forget only who put it there."""
    unclaimed = rows.filter(company=None)
    runs = list(unclaimed.values_list("run_id", flat=True))
    unclaimed.delete()
    Run.objects.filter(pk__in=runs).delete()
    rows.update(claimed_by=None)


def register_own_data() -> None:
    """Register the diagnostics."""
    register(
        PersonalData(
            model=Diagnostic,
            about=lambda user: Q(claimed_by=user),
            export=("company__name", "depth", "stage", "run__finished_at", "claimed_at", "result"),
            erase=_forget,
            retention={
                "unclaimed_diagnostic": lambda _now, cutoff: Q(
                    company=None, run__touched_at__lt=cutoff
                ),
            },
        )
    )
