"""Accepted links written into the pages of Scrapbox, and taken out again."""
