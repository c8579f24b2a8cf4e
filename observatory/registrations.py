"""What the observatory adds to the pages of the foundation, one function a subject."""

from observatory import funder_registrations


def register_all() -> None:
    """Register everything."""
    funder_registrations.register_all()
