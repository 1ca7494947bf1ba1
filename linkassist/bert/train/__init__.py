"""Training: the loop, the optimiser and the padding of batches."""
