"""Customers in the console: found, looked at (and that is kept), why they got no mail, left in peace. Translates, holds no rules."""
