"""The two panes: rules (domain.py), a customer's cart in PostgreSQL, a guest's in Redis, the merge at sign-in, the page.

Owns cart, pane, line, auto-activation. Called by the shop's pages; tells the rooms above by events; has never heard of recovery.
"""
