"""The local stack as a person starts it, killed and restarted under way, and under load: `make evidence-stack`."""
