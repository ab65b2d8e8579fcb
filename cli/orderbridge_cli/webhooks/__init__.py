"""Webhooks and their messages."""
