"""The bodies of the API's answers: each a model that makes itself of a use case's result, and is what is documented.

A function imports the module of its own answers and no other.
"""
