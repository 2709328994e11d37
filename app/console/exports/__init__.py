"""Exports: a report, carts, orders or the audit log as CSV, JSON or PDF, for a reason that is kept. Made by a job, step by step."""
