"""The back office of the diagnostics, by subject."""

from diagnostics.admin import diagnostics, people, referential, visits

__all__ = ["diagnostics", "people", "referential", "visits"]
