"""The whole system of one run: the template's functions on the simulated AWS, in virtual time."""
