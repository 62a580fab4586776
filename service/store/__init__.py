"""The SQL store: SQLite embedded, PostgreSQL in a company. Repositories never commit."""
