"""The commands of a local stack."""
