"""Writes of the directory, one module a subject."""
