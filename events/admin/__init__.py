"""The back office of the events, one module a subject."""

from events.admin.registrations import RegistrationAdmin
from events.admin.sessions import RoomAdmin, SessionAdmin, ThemeAdmin

__all__ = ["RegistrationAdmin", "RoomAdmin", "SessionAdmin", "ThemeAdmin"]
