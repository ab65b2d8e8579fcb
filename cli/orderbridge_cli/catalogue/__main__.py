"""Prints docs/platforms/endpoints.md: ``python -m orderbridge_cli.catalogue``."""

from __future__ import annotations

from orderbridge_cli.catalogue.page import page

if __name__ == "__main__":
    print(page(), end="")
