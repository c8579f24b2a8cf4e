"""Models of the events, by subject."""

from events.models.invoices import Invoice, InvoiceReminder, InvoiceSeries
from events.models.orders import Order, OrderLine, Product, VatRule
from events.models.payments import BankLine, BankStatement, Payment, WebhookEvent
from events.models.registrations import CapacityPool, Registration
from events.models.scans import Scan
from events.models.sessions import Room, Series, Session, Speaker, Theme

__all__ = [
    "BankLine",
    "BankStatement",
    "CapacityPool",
    "Invoice",
    "InvoiceReminder",
    "InvoiceSeries",
    "Order",
    "OrderLine",
    "Payment",
    "Product",
    "Registration",
    "Room",
    "Scan",
    "Series",
    "Session",
    "Speaker",
    "Theme",
    "VatRule",
    "WebhookEvent",
]
