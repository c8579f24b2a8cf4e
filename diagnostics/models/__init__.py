"""What the diagnostics keep: versions, results, visits, what is signed and compared."""

from diagnostics.models.appointments import Absence, Adviser, Appointment, WeeklyHours
from diagnostics.models.benchmarks import BenchmarkCell
from diagnostics.models.diagnostics import Diagnostic, ReferentialVersion
from diagnostics.models.interviews import (
    DiagnosticDocument,
    EvidencePhoto,
    InterviewAct,
    Synthesis,
    VisitSignature,
)
from diagnostics.models.progress import StageReminder
from diagnostics.models.voices import VoiceLink, VoiceTally

__all__ = [
    "Absence",
    "Adviser",
    "Appointment",
    "BenchmarkCell",
    "Diagnostic",
    "DiagnosticDocument",
    "EvidencePhoto",
    "InterviewAct",
    "ReferentialVersion",
    "StageReminder",
    "Synthesis",
    "VisitSignature",
    "VoiceLink",
    "VoiceTally",
    "WeeklyHours",
]
