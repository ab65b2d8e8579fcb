"""The proof: orders through the real functions on a simulated AWS, under faults; what must hold is checked after each."""
