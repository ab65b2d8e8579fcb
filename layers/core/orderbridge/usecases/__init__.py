"""What Orderbridge does, in terms of the domain and the ports alone."""
