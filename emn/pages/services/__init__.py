"""What may be done with the pages."""
