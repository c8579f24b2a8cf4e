"""Pages of the diagnostics."""
