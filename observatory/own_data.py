"""Which of the observatory’s rows are a person’s own: their export and their erasure."""


def register_own_data() -> None:
    """Register everything."""
