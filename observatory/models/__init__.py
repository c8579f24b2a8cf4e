"""What the observatory keeps, one module a subject."""

from observatory.models.indicators import Cell, Chart, Release, ReleaseFile

__all__ = ["Cell", "Chart", "Release", "ReleaseFile"]
