"""The way to PostgreSQL: one metadata, one unit of work, tenancy by row level security. Used by every repository and query."""
