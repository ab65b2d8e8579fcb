"""Who acts from outside: the partner's system with its webhook, and the operator."""
