"""Checkpoints of TensorFlow 1 and of Hugging Face: reading, finding, converting."""
