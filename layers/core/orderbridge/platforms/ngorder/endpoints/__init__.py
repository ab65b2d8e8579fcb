"""Ngorder's endpoints, a module per subject of its document (003)."""
