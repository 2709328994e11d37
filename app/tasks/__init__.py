"""The clock's table: what happens when, by Huey. The truth of scheduled work is in PostgreSQL; Huey only ticks."""
