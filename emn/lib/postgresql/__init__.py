"""Django database engine: PostgreSQL, that finds a dead connection without asking."""
