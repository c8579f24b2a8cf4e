"""The back office of the observatory, one module a subject."""

from observatory.admin import indicators, publications, surveys

__all__ = ["indicators", "publications", "surveys"]
