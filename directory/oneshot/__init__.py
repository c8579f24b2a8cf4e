"""Stop one-shot: nine questions on a contract about to be signed (mechanics 2.5)."""
