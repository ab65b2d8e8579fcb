"""How long tests wait for what has to come. Nothing is asserted about how fast a machine is."""

from __future__ import annotations

PATIENCE_S = 600.0
"""A machine ten times slower than CI's meets it, and pytest's own `timeout` is far behind it."""
