"""A sales order as it is accepted: its content, its code, and the one write."""
