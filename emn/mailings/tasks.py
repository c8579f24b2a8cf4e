"""Tasks of the outbox."""
