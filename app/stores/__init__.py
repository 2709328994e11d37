"""Organizations and their stores: which store a request belongs to, and the settings its staff may change at run time.

Owns the words organization, store, setting. Every door enters a store through here before it does anything else.
"""
