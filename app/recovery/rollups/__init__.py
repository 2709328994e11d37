"""Sums by the hour: what reports read instead of all rows, kept true by noting every hour that a change touches (decision 0072)."""
