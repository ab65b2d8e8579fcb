"""Runs that prove what the documents promise, with figures, against the system as it is deployed."""
