"""BERT with SentencePiece as its TensorFlow-1 checkpoints hold it, without TensorFlow."""
