"""What a file of cards may be refused for."""

from emn.lib.errors import DomainError


class Unreadable(DomainError):
    """The file as a whole cannot be read."""
