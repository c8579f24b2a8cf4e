"""Models of the events, by subject."""

from events.models.badges import BadgeSheet
from events.models.registrations import CapacityPool, Registration
from events.models.scans import Scan
from events.models.sessions import Room, Series, Session, Speaker, Theme

__all__ = [
    "BadgeSheet",
    "CapacityPool",
    "Registration",
    "Room",
    "Scan",
    "Series",
    "Session",
    "Speaker",
    "Theme",
]
