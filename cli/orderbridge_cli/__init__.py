"""The operator's command, the same on the local stack and on AWS (docs/interfaces.md#command-line)."""
