"""The template on the engine: read, expanded, deployed, and compared with what is there."""
