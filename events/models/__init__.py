"""Models of the events, by subject."""

from events.models.asking import SessionQuestion
from events.models.badges import BadgeSheet
from events.models.clubs import Club, ClubMember, Minutes
from events.models.invoices import Invoice, InvoiceReminder, InvoiceSeries
from events.models.opinions import SessionOpinion
from events.models.orders import Order, OrderLine, Product, VatRule
from events.models.papers import OwnCalendar, SessionDocument, SessionMessage
from events.models.payments import BankLine, BankStatement, Payment, Refund, WebhookEvent
from events.models.registrations import CapacityPool, Registration
from events.models.rendezvous import (
    Ballot,
    Evening,
    Irritant,
    IrritantDecision,
    Meeting,
    Participant,
    Pitch,
    PitchChoice,
    TableRequest,
    Timetable,
)
from events.models.scans import Scan
from events.models.sessions import Room, Series, Session, Speaker, Theme
from events.models.trainings import (
    Enrolment,
    HalfDay,
    Objective,
    RemoteConnection,
    Satisfaction,
    Signature,
    SkillEvaluation,
    Trainee,
    Trainer,
    TrainerChange,
    Training,
    TrainingComplaint,
    TrainingDocument,
    TrainingSession,
)

__all__ = [
    "BadgeSheet",
    "Ballot",
    "BankLine",
    "BankStatement",
    "CapacityPool",
    "Club",
    "ClubMember",
    "Enrolment",
    "Evening",
    "HalfDay",
    "Invoice",
    "InvoiceReminder",
    "InvoiceSeries",
    "Irritant",
    "IrritantDecision",
    "Meeting",
    "Minutes",
    "Objective",
    "Order",
    "OrderLine",
    "OwnCalendar",
    "Participant",
    "Payment",
    "Pitch",
    "PitchChoice",
    "Product",
    "Refund",
    "Registration",
    "RemoteConnection",
    "Room",
    "Satisfaction",
    "Scan",
    "Series",
    "Session",
    "SessionDocument",
    "SessionMessage",
    "SessionOpinion",
    "SessionQuestion",
    "Signature",
    "SkillEvaluation",
    "Speaker",
    "TableRequest",
    "Theme",
    "Timetable",
    "Trainee",
    "Trainer",
    "TrainerChange",
    "Training",
    "TrainingComplaint",
    "TrainingDocument",
    "TrainingSession",
    "VatRule",
    "WebhookEvent",
]

# --- Showrooms ---
from events.models.rights import RightsApplication, RightsCall, RightsCriterion, RightsScore
from events.models.showrooms import (
    Demonstration,
    DemonstrationDay,
    DemonstrationSupplier,
    Showroom,
    ShowroomPicture,
    Station,
)
from events.models.visits import (
    Favourite,
    NamedProvider,
    ShowroomStatement,
    Visit,
    VisitHost,
    VisitNotebook,
)

__all__ += [
    "Demonstration", "DemonstrationDay", "DemonstrationSupplier", "Favourite", "NamedProvider",
    "RightsApplication", "RightsCall", "RightsCriterion", "RightsScore", "Showroom",
    "ShowroomPicture", "ShowroomStatement", "Station", "Visit", "VisitHost", "VisitNotebook",
]  # fmt: skip
