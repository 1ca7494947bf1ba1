"""The reader's decisions: verdicts, the review queue, and accepted links written back into pages."""
