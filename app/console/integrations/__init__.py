"""Connections with other systems in the console: how each stands, a check of it, and webhooks with their deliveries."""
