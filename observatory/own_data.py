"""Which of the observatory’s rows are a person’s own: their export and their erasure."""

from observatory import funder_own_data, survey_own_data


def register_own_data() -> None:
    """Register everything."""
    survey_own_data.register_own_data()
    funder_own_data.register_own_data()
