"""The back office of the events, one module a subject."""

from events.admin.clubs import ClubAdmin, ClubMemberAdmin, MinutesAdmin
from events.admin.money import (
    BankLineAdmin,
    BankStatementAdmin,
    InvoiceAdmin,
    OrderAdmin,
    PaymentAdmin,
    ProductAdmin,
    VatRuleAdmin,
    WebhookEventAdmin,
)
from events.admin.registrations import RegistrationAdmin, SessionOpinionAdmin
from events.admin.rendezvous import (
    EveningAdmin,
    IrritantAdmin,
    MeetingAdmin,
    ParticipantAdmin,
    PitchAdmin,
    PitchChoiceAdmin,
    TableRequestAdmin,
    TimetableAdmin,
)
from events.admin.sessions import RoomAdmin, SessionAdmin, ThemeAdmin
from events.admin.trainings import TrainingAdmin, TrainingSessionAdmin

__all__ = [
    "BankLineAdmin",
    "BankStatementAdmin",
    "ClubAdmin",
    "ClubMemberAdmin",
    "EveningAdmin",
    "InvoiceAdmin",
    "IrritantAdmin",
    "MeetingAdmin",
    "MinutesAdmin",
    "OrderAdmin",
    "ParticipantAdmin",
    "PaymentAdmin",
    "PitchAdmin",
    "PitchChoiceAdmin",
    "ProductAdmin",
    "RegistrationAdmin",
    "RoomAdmin",
    "SessionAdmin",
    "SessionOpinionAdmin",
    "TableRequestAdmin",
    "ThemeAdmin",
    "TimetableAdmin",
    "TrainingAdmin",
    "TrainingSessionAdmin",
    "VatRuleAdmin",
    "WebhookEventAdmin",
]

# --- Showrooms ---
from events.admin.showrooms import (
    DemonstrationAdmin,
    RightsApplicationAdmin,
    RightsCallAdmin,
    ShowroomAdmin,
    ShowroomPictureAdmin,
    VisitAdmin,
)

__all__ += [
    "DemonstrationAdmin", "RightsApplicationAdmin", "RightsCallAdmin", "ShowroomAdmin",
    "ShowroomPictureAdmin", "VisitAdmin",
]  # fmt: skip
