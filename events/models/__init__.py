"""Models of the events, by subject."""

from events.models.asking import SessionQuestion
from events.models.badges import BadgeSheet
from events.models.invoices import Invoice, InvoiceReminder, InvoiceSeries
from events.models.orders import Order, OrderLine, Product, VatRule
from events.models.papers import OwnCalendar, SessionDocument, SessionMessage
from events.models.payments import BankLine, BankStatement, Payment, WebhookEvent
from events.models.registrations import CapacityPool, Registration
from events.models.scans import Scan
from events.models.sessions import Room, Series, Session, Speaker, Theme

__all__ = [
    "BadgeSheet",
    "BankLine",
    "BankStatement",
    "CapacityPool",
    "Invoice",
    "InvoiceReminder",
    "InvoiceSeries",
    "Order",
    "OrderLine",
    "OwnCalendar",
    "Payment",
    "Product",
    "Registration",
    "Room",
    "Scan",
    "Series",
    "Session",
    "SessionDocument",
    "SessionMessage",
    "SessionQuestion",
    "Speaker",
    "Theme",
    "VatRule",
    "WebhookEvent",
]
