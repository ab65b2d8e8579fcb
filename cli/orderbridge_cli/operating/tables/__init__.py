"""What only an operator reads and changes in AWS."""
