"""Open pages that follow changes: the process that holds them (asgi), and what it shares with those who tell it (wire).

It has no SQL, no Flask and no session. A signed ticket says what a page may listen to, and what it hears are numbers:
the page then asks the shop itself, as whoever it is. Told by app/web/live.py through Valkey. Why: docs/decisions/0008.
"""
