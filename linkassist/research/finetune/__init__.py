"""Fine-tuning a BERT on the links of a wiki: examples, a cross-encoder, two towers, and what each of them is worth."""
