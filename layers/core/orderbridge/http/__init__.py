"""Outgoing calls, to platforms and to partners: the only place that opens sockets."""
