"""Orderbridge: partners' signed sales orders, stored once and carried once to each commerce platform.

A package for each feature; which imports which: docs/architecture.md#layers.
"""
