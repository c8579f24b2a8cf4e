"""The back office of the observatory, one module a subject."""

from observatory.admin import publications, surveys

__all__ = ["publications", "surveys"]
