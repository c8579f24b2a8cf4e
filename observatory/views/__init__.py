"""Pages of the observatory, by subject."""
