"""Orderbridge: partners' signed sales orders, stored once and carried once to each commerce platform.

The imports point one way (checked by import-linter)::

    runtime  ->  aws, platforms  ->  usecases  ->  ports  ->  domain
"""
