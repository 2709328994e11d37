"""The audit log: who of the staff did or looked at what, when. Owns the word audit entry; every room above may record.

Append-only; each entry's hash covers the one before it, so that a changed or missing entry shows.
"""
