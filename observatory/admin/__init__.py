"""The back office of the observatory, one module a subject."""
