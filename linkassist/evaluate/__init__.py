"""Evaluation of the suggestions: the future-links test, its metrics and the report."""
