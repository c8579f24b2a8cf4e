"""The back office of the observatory, one module a subject."""

from observatory.admin import indicators

__all__ = ["indicators"]
