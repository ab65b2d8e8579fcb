"""The rules of Orderbridge as values and pure functions: no sockets, no environment, no clock of its own."""
