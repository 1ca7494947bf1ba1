"""Text to token ids: SentencePiece, WordPiece, and sequences with their special tokens."""
