"""Forwards, listed and moved by hand."""
