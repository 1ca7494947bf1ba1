"""Work for other processes: imports, and requests to the models."""
