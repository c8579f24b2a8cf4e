"""Django database engine: PostgreSQL, whose connections are found dead without asking the server."""
