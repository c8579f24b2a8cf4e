"""Django database engine: PostgreSQL, started by the portal itself on the first connection."""
