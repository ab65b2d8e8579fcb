"""The operator's command, the same on the local stack and on AWS (INTERFACES section 2)."""
