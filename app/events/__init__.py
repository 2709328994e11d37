"""Side effects go through here: recorded in the transaction that causes them, carried out after it, at least once.

Owns the outbox and its relay. Rooms record; `subscriptions.py` says who handles what.
"""
