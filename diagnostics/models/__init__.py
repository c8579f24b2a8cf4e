"""What the diagnostics keep: versions and results, appointments, interviews and what is signed."""

from diagnostics.models.appointments import Absence, Adviser, Appointment, WeeklyHours
from diagnostics.models.diagnostics import Diagnostic, ReferentialVersion
from diagnostics.models.interviews import (
    DiagnosticDocument,
    EvidencePhoto,
    InterviewAct,
    Synthesis,
    VisitSignature,
)

__all__ = [
    "Absence",
    "Adviser",
    "Appointment",
    "Diagnostic",
    "DiagnosticDocument",
    "EvidencePhoto",
    "InterviewAct",
    "ReferentialVersion",
    "Synthesis",
    "VisitSignature",
    "WeeklyHours",
]
