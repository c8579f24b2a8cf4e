"""What the observatory keeps, one module a subject."""
