"""Writes of the territory, one module per subject."""
