"""Who calls: partners with their secrets, tokens, keys and signatures, and how often they may."""
