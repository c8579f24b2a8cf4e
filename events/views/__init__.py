"""Pages of the events, by subject."""
