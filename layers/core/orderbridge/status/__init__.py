"""What the platforms say of the orders that they hold, and what becomes of the forwards for it."""
