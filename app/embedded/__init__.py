"""PostgreSQL, Valkey and a mail server that need no installation: for the demo and the tests, never for production.

`servers` starts them together, `provision` makes roles, database and extensions. Called by app.demo and tests.servers;
knows nothing of the shop.
"""
