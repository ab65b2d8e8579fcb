"""Calls to platforms as all platforms make them: endpoints, documents, pages, and what answers mean."""
