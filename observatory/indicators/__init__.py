"""What an indicator is, and how its cells become tables and charts. Pure."""
