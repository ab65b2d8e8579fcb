"""The partners' API as a document, made from the code: its models, its problems, and one table of endpoints.

`make openapi` writes what the API serves (`orderbridge/entrypoints/documents`) and `docs/openapi.json`.
"""
