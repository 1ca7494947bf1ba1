"""The queue: the cards of a day, and what was put off."""
