"""Partners, their keys and their routes."""
