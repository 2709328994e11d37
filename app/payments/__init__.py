"""Collecting money: one interface, and the providers behind it. Knows charges and outcomes; what an order is, it has never heard.

Owns the words provider, charge, outcome, refund (of money). Called by orders, which keep the state.
"""
