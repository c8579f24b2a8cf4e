"""The back office of the events, one module a subject."""

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
from events.admin.registrations import RegistrationAdmin
from events.admin.sessions import RoomAdmin, SessionAdmin, ThemeAdmin

__all__ = [
    "BankLineAdmin",
    "BankStatementAdmin",
    "InvoiceAdmin",
    "OrderAdmin",
    "PaymentAdmin",
    "ProductAdmin",
    "RegistrationAdmin",
    "RoomAdmin",
    "SessionAdmin",
    "ThemeAdmin",
    "VatRuleAdmin",
    "WebhookEventAdmin",
]
