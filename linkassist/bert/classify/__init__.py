"""Classification of texts and of pairs of texts with a BERT."""
