"""The demo, and what a local stack is filled with."""
