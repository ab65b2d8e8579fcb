"""A table that was restored to an earlier time."""
