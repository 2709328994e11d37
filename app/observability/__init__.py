"""Logs without personal data, health, readiness and metrics. Called by everyone, calls nobody above."""
