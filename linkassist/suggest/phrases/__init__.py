"""Phrases that nobody has linked yet: where they begin and end, how often they occur, what speaks for them."""
