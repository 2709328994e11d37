"""The way to Redis (or Valkey): one client per process, keys that carry their store, sessions."""
