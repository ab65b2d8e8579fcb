"""Plain values that all packages share: no socket, no table, no clock of their own."""
