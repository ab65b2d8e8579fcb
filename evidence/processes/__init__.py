"""The processes of one run: workers in virtual time, and the functions that they run."""
