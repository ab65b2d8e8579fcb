"""A forward as a state machine: its states, and every way from one to another. Pure."""
