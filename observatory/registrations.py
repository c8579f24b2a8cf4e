"""What the observatory adds to the pages of the foundation, one module a subject."""

from observatory import funder_registrations, indicator_registrations, survey_registrations


def register_all() -> None:
    """Register everything."""
    indicator_registrations.register_all()
    survey_registrations.register_all()
    funder_registrations.register_all()
