"""What each function is built of: the only place where the tables, the platforms and the use cases meet."""
