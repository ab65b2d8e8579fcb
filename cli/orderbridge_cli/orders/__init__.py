"""Orders, found and shown."""
