"""What the reader's verdicts say about later suggestions."""
