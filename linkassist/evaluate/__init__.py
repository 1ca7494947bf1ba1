"""How good the suggestions are: the future-links test, its metrics and a report."""
