"""Messages to the addresses at which partners want to hear of their orders."""
