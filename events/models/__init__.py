"""Models of the events, by subject."""

from events.models.asking import SessionQuestion
from events.models.badges import BadgeSheet
from events.models.papers import OwnCalendar, SessionDocument, SessionMessage
from events.models.registrations import CapacityPool, Registration
from events.models.scans import Scan
from events.models.sessions import Room, Series, Session, Speaker, Theme

__all__ = [
    "BadgeSheet",
    "CapacityPool",
    "OwnCalendar",
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
]
