"""The features of any layer of a BERT, written to files."""
