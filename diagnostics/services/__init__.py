"""What can be done with diagnostics."""
