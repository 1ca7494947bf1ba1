"""Accepted links on their way back to Scrapbox: the batches, the pushes, and what imports brought of them."""
