"""Mappings: imported, exported, and what is missing."""
