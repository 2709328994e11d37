"""Sending to people: mail by SMTP. Called by the outbox's relay alone, so that a page never waits for a mail server."""
