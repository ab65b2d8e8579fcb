"""The proof: orders through the real functions on a simulated AWS, under faults, and what has to hold after each."""
