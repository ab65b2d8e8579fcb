"""Any reply that a platform, or whatever answers in its place, might send; and every parser that reads one."""
