"""Settings in the console: found, changed with a look at what differs, kept by version, brought back; and the store's own facts."""
