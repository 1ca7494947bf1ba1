"""Fine-tuning a BERT on the links of a wiki: examples, a cross-encoder, two towers, and their evaluation."""
