"""Text to vectors: the Encoder protocol, the encoder learnt from the wiki, transformers models."""
