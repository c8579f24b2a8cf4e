"""Which of the observatory’s rows are a person’s own: their export and their erasure."""

from observatory import survey_own_data


def register_own_data() -> None:
    """Register everything."""
    survey_own_data.register_own_data()
