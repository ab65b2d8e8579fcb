"""Rounds of the status sync."""
