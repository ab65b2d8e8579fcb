"""Stock levels and drift, as an operator sees them."""
