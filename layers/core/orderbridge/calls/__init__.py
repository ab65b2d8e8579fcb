"""Calls to platforms as all platforms make them: endpoints, documents, pages, pace, and what answers mean."""
