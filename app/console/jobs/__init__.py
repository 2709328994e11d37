"""Work that happens by itself, in the console: periodic tasks, the outbox, and how the providers of messages stand."""
