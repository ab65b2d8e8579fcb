"""Channels and their credentials."""
