"""Experiments on a wiki: fine-tuning a BERT, poolings and layers, and the nearest pages of several encoders."""
