"""Dead letters, and their way back."""
