"""Stock levels: read from platforms, kept, compared and pushed."""
