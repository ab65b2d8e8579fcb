"""What partners read of their orders, of stock and of the API's health."""
