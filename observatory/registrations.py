"""What the observatory adds to the pages of the foundation, one function a subject."""


def register_all() -> None:
    """Register everything."""
