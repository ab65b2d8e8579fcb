"""The local AWS engine: its process, its guards, and what it runs in functions."""
