"""The one place that opens sockets to partners' receivers."""
