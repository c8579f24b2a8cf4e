"""What can be done with the observatory, one module a subject."""
